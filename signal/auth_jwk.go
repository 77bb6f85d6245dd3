package signal

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// jwk is a JSON Web Key (RFC 7517 §4), of which only public parts are read, and
// the secret of an oct.
type jwk struct {
	Type       string   `json:"kty"`
	Use        string   `json:"use"`
	Operations []string `json:"key_ops"`
	Algorithm  string   `json:"alg"`
	ID         string   `json:"kid"`
	Curve      string   `json:"crv"`
	N          string   `json:"n"`
	E          string   `json:"e"`
	X          string   `json:"x"`
	Y          string   `json:"y"`
	K          string   `json:"k"`
}

// key makes the key of that algorithm of it.
func (j *jwk) key(algorithm string) (Key, error) {
	switch {
	case len(j.ID) > maxKeyID:
		return Key{}, errors.New("the key's kid is longer than 128 bytes")
	case j.Use != "" && j.Use != "sig", len(j.Operations) > 0 && !slices.Contains(j.Operations, "verify"):
		return Key{}, errors.New("the key is for something else than signatures")
	case j.Algorithm != "" && j.Algorithm != algorithm && !(algorithm == "EdDSA" && j.Algorithm == "Ed25519"):
		return Key{}, fmt.Errorf("the key is for %q, not for %s", j.Algorithm, algorithm)
	}
	material, err := j.material()
	if err != nil {
		return Key{}, err
	}
	return newKey(algorithm, j.ID, material)
}

func (j *jwk) material() (any, error) {
	switch j.Type {
	case "oct":
		return decode(j.K)
	case "RSA":
		n, err := decode(j.N)
		if err != nil {
			return nil, err
		}
		e, err := decode(j.E)
		if err != nil {
			return nil, err
		}
		if len(n) > maxRSAKey/8 || len(e) > 4 {
			return nil, errors.New("the RSA key is too large")
		}
		return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}, nil
	case "EC":
		if j.Curve != "P-256" {
			return nil, errors.New("the key is on another curve than P-256, which ES256 is for")
		}
		x, err := decode(j.X)
		if err != nil {
			return nil, err
		}
		y, err := decode(j.Y)
		if err != nil {
			return nil, err
		}
		if len(x) != 32 || len(y) != 32 {
			return nil, errors.New("a coordinate of the key does not have 32 bytes")
		}
		point := append(append([]byte{4}, x...), y...)
		key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
		if err != nil {
			return nil, errors.New("the key is no point of the curve")
		}
		return key, nil
	case "OKP":
		if j.Curve != "Ed25519" {
			return nil, errors.New("the key is on another curve than Ed25519")
		}
		x, err := decode(j.X)
		return ed25519.PublicKey(x), err
	}
	return nil, fmt.Errorf("keys of the type %q are not known", j.Type)
}

// parseJWKS reads a set of keys (RFC 7517 §5). What has no public key of ours
// is left out: a set may hold keys for others. Whoever serves a set
// publishes it, so that a shared secret in it would be none.
func parseJWKS(data []byte) ([]Key, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(data, &set); err != nil || set.Keys == nil {
		return nil, errors.New("not a JSON Web Key Set")
	}
	if len(set.Keys) > maxSetKeys {
		return nil, fmt.Errorf("%d keys, at most %d are read", len(set.Keys), maxSetKeys)
	}
	var keys []Key
	for _, raw := range set.Keys {
		var j jwk
		if json.Unmarshal(raw, &j) != nil {
			continue
		}
		algorithm := map[string]string{"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}[j.Type]
		if algorithm == "" {
			continue
		}
		if key, err := j.key(algorithm); err == nil {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("no key in it is for RS256, ES256 or EdDSA")
	}
	return keys, nil
}

func decode(text string) ([]byte, error) {
	data, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(data) == 0 {
		return nil, errors.New("a part of the key is not base64url")
	}
	return data, nil
}
