package turn

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"time"

	"github.com/pion/stun/v3"
)

// Third-party tokens are RFC 7635: another service, with which we share a key, seals into a token a key of the client's own, and until when it is good. The
// client sends the token with Allocate and Refresh, the key's name as USERNAME, and proves by MESSAGE-INTEGRITY that it has the key inside.

const (
	attrAccessToken             stun.AttrType = 0x001B
	attrThirdPartyAuthorization stun.AttrType = 0x802E

	maxToken  = 512             // bytes; with the longest key inside it has 124
	coturnKey = 16              // bytes: coturn takes no more of the key than if it were one of MD5
	tokenSlop = 5 * time.Second // Delta of RFC 7635 §4.1: how far clocks may differ
)

// Tokens are the keys by which tokens are sealed: AES-128-GCM or AES-256-GCM, by their length.
type Tokens struct {
	server string
	keys   map[string]cipher.AEAD
}

// NewTokens takes the server's name, for which tokens are made (RFC 7635 §6.1), and keys of 16 or 32 bytes by their id.
func NewTokens(server string, keys map[string][]byte) (*Tokens, error) {
	if server == "" || len(server) > 255 {
		return nil, fmt.Errorf("token server name %q has %d bytes, not 1 to 255", server, len(server))
	}
	t := &Tokens{server: server, keys: make(map[string]cipher.AEAD, len(keys))}
	for id, key := range keys {
		if len(key) != 16 && len(key) != 32 {
			return nil, fmt.Errorf("token key %q has %d bytes, not 16 or 32", id, len(key))
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, fmt.Errorf("token key %q: %w", id, err)
		}
		if t.keys[id], err = cipher.NewGCM(block); err != nil {
			return nil, fmt.Errorf("token key %q: %w", id, err)
		}
	}
	return t, nil
}

// open returns who sent a token: nobody by name, until the token's time is over.
func (t *Tokens) open(id string, token []byte, now time.Time) (identity, bool) {
	aead := t.keys[id]
	if aead == nil || len(token) > maxToken {
		return identity{}, false
	}
	nonce, sealed, ok := cutVector(token)
	if !ok || len(nonce) != aead.NonceSize() {
		return identity{}, false
	}
	plain, err := aead.Open(nil, nonce, sealed, []byte(t.server))
	if err != nil {
		return identity{}, false
	}
	key, rest, ok := cutVector(plain)
	// HMAC-SHA1 has a key of 20 bytes, and no hash that there is one of more than 64.
	if !ok || len(key) < 20 || len(key) > 64 || len(rest) < 12 {
		return identity{}, false
	}
	stamp := binary.BigEndian.Uint64(rest) // 48 bits of seconds, and 1/64000 of them
	made := time.Unix(int64(stamp>>16), int64(stamp&0xFFFF)*int64(time.Second)/64000)
	lifetime := time.Duration(binary.BigEndian.Uint32(rest[8:]))*time.Second + tokenSlop
	if made.Sub(now) >= lifetime {
		return identity{}, false
	}
	return identity{name: id, key: key, expires: made.Add(lifetime), token: true}, true
}

// cutVector takes what two bytes of length announce.
func cutVector(b []byte) (v, rest []byte, ok bool) {
	if len(b) < 2 {
		return nil, nil, false
	}
	n := 2 + int(binary.BigEndian.Uint16(b))
	if n > len(b) {
		return nil, nil, false
	}
	return b[2:n], b[n:], true
}

// withinToken cuts a lifetime where the token ends (RFC 7635 §4.1.1).
func (i identity) withinToken(now time.Time, lifetime time.Duration) time.Duration {
	if !i.token {
		return lifetime
	}
	return max(0, min(lifetime, i.expires.Sub(now)))
}

// renew lets a Refresh with a new token bring a new key.
func (c *Core) renew(a *allocation, req *request) {
	if !req.user.token {
		return
	}
	a.user = req.user
	for id := range a.connections {
		c.registry.setConnUser(id, a.user)
	}
}
