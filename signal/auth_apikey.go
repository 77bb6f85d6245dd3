package signal

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// minAPIKey is the least length of an API key in bytes: 128 bit.
const minAPIKey = 16

const hashPrefix = "sha256:"

// HashAPIKey returns the form in which a server keeps an API key. Keys are
// random and long, so that a plain hash is as good as a slow one. What has
// that form already stays.
func HashAPIKey(key string) (string, error) {
	if sum, ok := strings.CutPrefix(key, hashPrefix); ok {
		if raw, err := hex.DecodeString(sum); err != nil || len(raw) != sha256.Size {
			return "", errors.New("what follows sha256: is not a hash of 64 hexadecimal digits")
		}
		return strings.ToLower(key), nil
	}
	if len(key) < minAPIKey {
		return "", fmt.Errorf("the API key has %d bytes, at least %d are needed", len(key), minAPIKey)
	}
	sum := sha256.Sum256([]byte(key))
	return hashPrefix + hex.EncodeToString(sum[:]), nil
}

// apiKeys are the hashes of keys.
type apiKeys [][sha256.Size]byte

func parseAPIKeys(hashed []string) (apiKeys, error) {
	if len(hashed) > maxAPIKeys {
		return nil, fmt.Errorf("%d API keys, at most %d are kept", len(hashed), maxAPIKeys)
	}
	var keys apiKeys
	for i, text := range hashed {
		sum, ok := strings.CutPrefix(text, hashPrefix)
		raw, err := hex.DecodeString(sum)
		if !ok || err != nil || len(raw) != sha256.Size {
			return nil, fmt.Errorf("API key %d is not hashed", i)
		}
		keys = append(keys, [sha256.Size]byte(raw))
	}
	return keys, nil
}

// find returns which key it is, from 1, or 0. It looks at all of them, each in
// the same time.
func (k apiKeys) find(key string) int {
	sum := sha256.Sum256([]byte(key))
	found := 0
	for i := range k {
		equal := subtle.ConstantTimeCompare(k[i][:], sum[:])
		found = subtle.ConstantTimeSelect(equal, i+1, found)
	}
	if len(key) < minAPIKey {
		return 0
	}
	return found
}
