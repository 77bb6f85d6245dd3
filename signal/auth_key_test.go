package signal

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// signers are the private keys of the tests, made once: RSA keys take long.
var signers = sync.OnceValue(func() (s struct {
	rsa *rsa.PrivateKey
	ec  *ecdsa.PrivateKey
	ed  ed25519.PrivateKey
}) {
	s.rsa, _ = rsa.GenerateKey(rand.Reader, 2048)
	s.ec, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	_, s.ed, _ = ed25519.GenerateKey(rand.Reader)
	return s
})

func publicPEM(t testing.TB, key crypto.PublicKey) []byte {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
}

func mustKey(t testing.TB, algorithm, id string, data []byte) Key {
	t.Helper()
	key, err := ParseKey(algorithm, id, data)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// testAuth has a key of each algorithm, with the algorithm's name as kid.
func testAuth(t testing.TB) Auth {
	s := signers()
	return Auth{
		Required: true,
		Audience: "turnpike",
		Keys: []Key{
			mustKey(t, "HS256", "HS256", []byte(tokenSecret)),
			mustKey(t, "RS256", "RS256", publicPEM(t, s.rsa.Public())),
			mustKey(t, "ES256", "ES256", publicPEM(t, s.ec.Public())),
			mustKey(t, "EdDSA", "EdDSA", publicPEM(t, s.ed.Public())),
		},
		InvitationSecrets: []string{"q7Zp0vX2mK9sLd4RtYw8Bn3J"},
	}
}

// goodClaims are those of alice, for a minute.
func goodClaims(more ...jwt.MapClaims) jwt.MapClaims {
	c := jwt.MapClaims{"sub": "alice", "aud": "turnpike", "exp": time.Now().Add(time.Minute).Unix()}
	for _, m := range more {
		maps.Copy(c, m)
	}
	return c
}

// sign makes a token, by default of HS256.
func sign(t testing.TB, claims jwt.Claims, header map[string]any) string {
	t.Helper()
	s := signers()
	algorithm, _ := header["alg"].(string)
	if algorithm == "" {
		algorithm = "HS256"
	}
	var method jwt.SigningMethod = jwt.SigningMethodHS256
	var key any = []byte(tokenSecret)
	switch algorithm {
	case "RS256":
		method, key = jwt.SigningMethodRS256, s.rsa
	case "ES256":
		method, key = jwt.SigningMethodES256, s.ec
	case "EdDSA":
		method, key = jwt.SigningMethodEdDSA, s.ed
	}
	token := jwt.NewWithClaims(method, claims)
	token.Header["kid"] = algorithm
	maps.Copy(token.Header, header)
	if token.Header["kid"] == nil {
		delete(token.Header, "kid")
	}
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func mustAuthority(t testing.TB, cfg Auth) *authority {
	t.Helper()
	a, err := newAuthority(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.close)
	return a
}

func TestKeysOfAnotherKindAreRefused(t *testing.T) {
	s := signers()
	small, _ := rsa.GenerateKey(rand.Reader, 1024)
	p384, _ := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	private, _ := x509.MarshalPKCS8PrivateKey(s.ed)
	for what, try := range map[string]struct {
		algorithm string
		data      []byte
	}{
		"none":            {"none", []byte(tokenSecret)},
		"HS512":           {"HS512", []byte(tokenSecret)},
		"short":           {"HS256", []byte("0123456789abcdef")},
		"empty":           {"HS256", nil},
		"no PEM":          {"RS256", []byte("x")},
		"EC for RS256":    {"RS256", publicPEM(t, s.ec.Public())},
		"RSA for EdDSA":   {"EdDSA", publicPEM(t, s.rsa.Public())},
		"1024 bits":       {"RS256", publicPEM(t, small.Public())},
		"P-384":           {"ES256", publicPEM(t, p384.Public())},
		"a private key":   {"EdDSA", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})},
		"a short oct":     {"HS256", []byte(`{"kty":"oct","k":"AAAA"}`)},
		"a JWK for HS512": {"HS256", []byte(`{"kty":"oct","alg":"HS512","k":"` + strings.Repeat("A", 44) + `"}`)},
		"for encryption":  {"HS256", []byte(`{"kty":"oct","use":"enc","k":"` + strings.Repeat("A", 44) + `"}`)},
		"no point":        {"ES256", []byte(`{"kty":"EC","crv":"P-256","x":"` + strings.Repeat("A", 43) + `","y":"` + strings.Repeat("A", 43) + `"}`)},
	} {
		if key, err := ParseKey(try.algorithm, "", try.data); err == nil {
			t.Errorf("%s is taken: %v", what, key)
		}
	}
	if key := mustKey(t, "HS256", "k", []byte(tokenSecret)); strings.Contains(fmt.Sprintf("%v %+v %#v", key, key, key), "V3m0") {
		t.Errorf("it prints: %v", key)
	}
}

func FuzzKey(f *testing.F) {
	s := signers()
	for _, data := range [][]byte{publicPEM(f, s.rsa.Public()), publicPEM(f, s.ec.Public()), publicPEM(f, s.ed.Public()),
		[]byte(`{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}`), []byte(`{"kty":"OKP","crv":"Ed25519","x":"AA"}`)} {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, algorithm := range Algorithms {
			if key, err := ParseKey(algorithm, "", data); err == nil && key.algorithm != algorithm {
				t.Errorf("a key of %s for %s", key.algorithm, algorithm)
			}
		}
		keys, err := parseJWKS(data)
		for _, key := range keys {
			if err != nil || key.algorithm == "HS256" {
				t.Errorf("%v %v", key, err)
			}
		}
	})
}
