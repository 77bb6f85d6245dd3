package signal

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
)

// Algorithms are those by which tokens may be signed (RFC 7518 §3.1, RFC 8037).
var Algorithms = []string{"HS256", "RS256", "ES256", "EdDSA"}

// Key verifies tokens by its one algorithm, whatever a token says of itself.
type Key struct {
	algorithm string
	id        string
	material  any // []byte, *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey
}

const (
	minHMACKey = 32   // bytes; RFC 7518 §3.2
	minRSAKey  = 2048 // bits; RFC 7518 §3.3
	maxRSAKey  = 8192 // bits: a longer one is slow enough to be an attack
	maxKeyID   = 128  // bytes
)

// String names the key and does not show it.
func (k Key) String() string { return k.algorithm + " key " + k.id }

// GoString is String.
func (k Key) GoString() string { return k.String() }

// ParseKey reads a key: for HS256 the secret itself, of at least 256 bits; for
// the others a PEM block with a public key or a certificate. For each also a JSON
// Web Key (RFC 7517). The id is the kid of the tokens that it verifies; empty
// is that of the JWK, or none.
func ParseKey(algorithm, id string, data []byte) (Key, error) {
	if !slices.Contains(Algorithms, algorithm) {
		return Key{}, fmt.Errorf("the algorithm %q is not one of HS256, RS256, ES256, EdDSA", algorithm)
	}
	if len(id) > maxKeyID {
		return Key{}, errors.New("the key's id is longer than 128 bytes")
	}
	data = bytes.TrimSpace(data)
	if len(data) > 0 && data[0] == '{' {
		var j jwk
		if err := json.Unmarshal(data, &j); err != nil {
			return Key{}, errors.New("not a JSON Web Key")
		}
		key, err := j.key(algorithm)
		if id != "" {
			key.id = id
		}
		return key, err
	}
	if algorithm == "HS256" {
		return newKey(algorithm, id, slices.Clone(data))
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return Key{}, errors.New("neither PEM nor a JSON Web Key")
	}
	material, err := parsePEM(block)
	if err != nil {
		return Key{}, err
	}
	return newKey(algorithm, id, material)
}

func parsePEM(block *pem.Block) (any, error) {
	switch block.Type {
	case "PUBLIC KEY":
		key, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("not a public key: %w", err)
		}
		return key, nil
	case "RSA PUBLIC KEY":
		key, err := x509.ParsePKCS1PublicKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("not an RSA public key: %w", err)
		}
		return key, nil
	case "CERTIFICATE":
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("not a certificate: %w", err)
		}
		return cert.PublicKey, nil
	case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY":
		return nil, errors.New("a private key, which belongs to whoever signs; give its public key: openssl pkey -in FILE -pubout")
	}
	return nil, errors.New("PEM of another kind than PUBLIC KEY or CERTIFICATE")
}

// newKey checks that the key is of its algorithm's kind, and long enough.
func newKey(algorithm, id string, material any) (Key, error) {
	key := Key{algorithm, id, material}
	switch m := material.(type) {
	case []byte:
		if algorithm != "HS256" {
			break
		}
		if len(m) < minHMACKey {
			return Key{}, fmt.Errorf("the secret has %d bytes, HS256 needs at least %d", len(m), minHMACKey)
		}
		return key, nil
	case *rsa.PublicKey:
		if algorithm != "RS256" {
			break
		}
		if bits := m.N.BitLen(); bits < minRSAKey || bits > maxRSAKey || m.E < 3 || m.E&1 == 0 {
			return Key{}, fmt.Errorf("the RSA key has %d bits, want %d to %d and an odd exponent", bits, minRSAKey, maxRSAKey)
		}
		return key, nil
	case *ecdsa.PublicKey:
		if algorithm != "ES256" {
			break
		}
		if m.Curve != elliptic.P256() {
			return Key{}, errors.New("the key is on another curve than P-256, which ES256 is for")
		}
		return key, nil
	case ed25519.PublicKey:
		if algorithm == "EdDSA" && len(m) == ed25519.PublicKeySize {
			return key, nil
		}
	}
	return Key{}, errors.New("the key is not one for " + algorithm)
}
