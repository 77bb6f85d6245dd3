package signal

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const tokenSecret = "V3m0xQz7Lk2sRt9WyBn5Jd8Hf4Gc6Pa1"

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

func TestTokensOfEveryAlgorithmAreTaken(t *testing.T) {
	a := mustAuthority(t, testAuth(t))
	for _, algorithm := range Algorithms {
		for _, kid := range []any{algorithm, nil} {
			g, p := a.verify(t.Context(), sign(t, goodClaims(), map[string]any{"alg": algorithm, "kid": kid}), time.Now())
			if p != nil || g.subject != "alice" || g.user != "alice" || g.name != "alice" {
				t.Errorf("%s, kid %v: %+v %v", algorithm, kid, g, p)
			}
		}
	}
}

func TestHostileTokensAreRefused(t *testing.T) {
	a := mustAuthority(t, testAuth(t))
	s := signers()
	now := time.Now()
	encode := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	body := encode(fmt.Sprintf(`{"sub":"alice","aud":"turnpike","exp":%d}`, now.Add(time.Hour).Unix()))
	good := sign(t, goodClaims(), nil)
	parts := strings.Split(good, ".")
	swapped := func(kid string) string { // the public key as an HMAC secret
		token := jwt.NewWithClaims(jwt.SigningMethodHS256, goodClaims())
		token.Header["kid"] = kid
		text, err := token.SignedString(publicPEM(t, s.rsa.Public()))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	other, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	stolen := jwt.NewWithClaims(jwt.SigningMethodES256, goodClaims())
	stolen.Header["jwk"] = map[string]string{"kty": "EC", "crv": "P-256",
		"x": base64.RawURLEncoding.EncodeToString(other.X.FillBytes(make([]byte, 32))), "y": base64.RawURLEncoding.EncodeToString(other.Y.FillBytes(make([]byte, 32)))}
	stolen.Header["jku"] = "https://evil.example/keys"
	embedded, err := stolen.SignedString(other)
	if err != nil {
		t.Fatal(err)
	}
	hs384, _ := jwt.NewWithClaims(jwt.SigningMethodHS384, goodClaims()).SignedString([]byte(tokenSecret))
	ps256 := jwt.NewWithClaims(jwt.SigningMethodPS256, goodClaims())
	ps256.Header["kid"] = "RS256"
	pss, _ := ps256.SignedString(s.rsa)
	none, _ := jwt.NewWithClaims(jwt.SigningMethodNone, goodClaims()).SignedString(jwt.UnsafeAllowNoneSignatureType)

	for what, token := range map[string]string{
		"nothing":                      "",
		"no token":                     "x",
		"three dots":                   "a.b.c.d",
		"empty parts":                  "..",
		"alg none":                     none,
		"alg None":                     encode(`{"alg":"None"}`) + "." + body + ".",
		"alg none with a kid":          encode(`{"alg":"none","kid":"HS256"}`) + "." + body + ".",
		"no alg":                       encode(`{"kid":"HS256"}`) + "." + body + "." + parts[2],
		"alg is a number":              encode(`{"alg":1,"kid":"HS256"}`) + "." + body + "." + parts[2],
		"a public key as secret":       swapped("RS256"),
		"a public key, kid of HS":      swapped("HS256"),
		"another length of HMAC":       hs384,
		"PSS for a key of RS256":       pss,
		"a key in the token":           embedded,
		"another body":                 parts[0] + "." + body + "." + parts[2],
		"no signature":                 parts[0] + "." + parts[1] + ".",
		"a signature with a tail":      good + "A",
		"padding":                      parts[0] + "==." + parts[1] + "." + parts[2],
		"a space":                      " " + good,
		"expired":                      sign(t, goodClaims(jwt.MapClaims{"exp": now.Add(-2 * time.Minute).Unix()}), nil),
		"without exp":                  sign(t, jwt.MapClaims{"sub": "alice", "aud": "turnpike"}, nil),
		"exp as text":                  sign(t, goodClaims(jwt.MapClaims{"exp": "never"}), nil),
		"exp null":                     sign(t, goodClaims(jwt.MapClaims{"exp": nil}), nil),
		"another audience":             sign(t, goodClaims(jwt.MapClaims{"aud": []string{"a", "b"}}), nil),
		"no audience":                  sign(t, jwt.MapClaims{"sub": "alice", "exp": now.Add(time.Hour).Unix()}, nil),
		"not yet":                      sign(t, goodClaims(jwt.MapClaims{"nbf": now.Add(2 * time.Minute).Unix()}), nil),
		"issued in the future":         sign(t, goodClaims(jwt.MapClaims{"iat": now.Add(2 * time.Minute).Unix()}), nil),
		"no subject":                   sign(t, goodClaims(jwt.MapClaims{"sub": ""}), nil),
		"a long subject":               sign(t, goodClaims(jwt.MapClaims{"sub": strings.Repeat("x", 129)}), nil),
		"a subject with a line":        sign(t, goodClaims(jwt.MapClaims{"sub": "a\nb"}), nil),
		"a name that says guest":       sign(t, goodClaims(jwt.MapClaims{"name": "bob (guest)"}), nil),
		"an empty name":                sign(t, goodClaims(jwt.MapClaims{"name": " "}), nil),
		"rooms as text":                sign(t, goodClaims(jwt.MapClaims{"rooms": "all"}), nil),
		"too many rooms":               sign(t, goodClaims(jwt.MapClaims{"rooms": make([]string, 65)}), nil),
		"a ttl of nothing":             sign(t, goodClaims(jwt.MapClaims{"ttl": 0}), nil),
		"a ttl without end":            sign(t, goodClaims(jwt.MapClaims{"ttl": int64(1) << 60}), nil),
		"huge":                         sign(t, goodClaims(jwt.MapClaims{"x": strings.Repeat("x", jwtLimit)}), nil),
		"an unknown kid":               sign(t, goodClaims(), map[string]any{"kid": "other"}),
		"a kid that is a path":         sign(t, goodClaims(), map[string]any{"kid": "../../../dev/null"}),
		"a kid that is a query":        sign(t, goodClaims(), map[string]any{"kid": "' OR 1=1 --"}),
		"a kid that is long":           sign(t, goodClaims(), map[string]any{"kid": strings.Repeat("x", 129)}),
		"a kid that is a list":         sign(t, goodClaims(), map[string]any{"kid": []string{"HS256"}}),
		"the kid of another algorithm": sign(t, goodClaims(), map[string]any{"kid": "ES256"}),
		"critical extensions":          sign(t, goodClaims(), map[string]any{"crit": []string{"b64"}, "b64": false}),
		"deep nesting":                 encode(strings.Repeat("[", 5000)) + "." + body + "." + parts[2],
	} {
		g, p := a.verify(t.Context(), token, now)
		if p == nil {
			t.Errorf("%s is taken: %+v", what, g)
			continue
		}
		if p.code != badToken || p.message == "" || len(p.message) > 120 {
			t.Errorf("%s: got %+v", what, *p)
		}
	}
}

func TestClocksMayDifferByAMinute(t *testing.T) {
	a := mustAuthority(t, testAuth(t))
	now := time.Now()
	for _, claims := range []jwt.MapClaims{
		{"exp": now.Add(-50 * time.Second).Unix()},
		{"nbf": now.Add(50 * time.Second).Unix()},
		{"iat": now.Add(50 * time.Second).Unix()},
	} {
		if _, p := a.verify(t.Context(), sign(t, goodClaims(claims), nil), now); p != nil {
			t.Errorf("%v: %s", claims, p.message)
		}
	}
}

func TestClaimsBecomeRights(t *testing.T) {
	a := mustAuthority(t, testAuth(t))
	g, p := a.verify(t.Context(), sign(t, goodClaims(jwt.MapClaims{
		"name": "Alice", "rooms": []string{"team-*", "lobby"}, "relay": false, "ttl": 600, "moderator": true, "invite": true,
	}), nil), time.Now())
	if p != nil {
		t.Fatal(p.message)
	}
	if g.name != "Alice" || !g.noRelay || g.ttl != 10*time.Minute || !g.moderator || !g.inviter {
		t.Errorf("got %+v", g)
	}
	for room, may := range map[string]bool{"team-1": true, "team-": true, "lobby": true, "lobby2": false, "": false, "xteam-1": false} {
		if (g.mayJoin(room) == nil) != may || (g.mayInvite(room) == nil) != may {
			t.Errorf("%q: %v %v", room, g.mayJoin(room), g.mayInvite(room))
		}
	}
	g, p = a.verify(t.Context(), sign(t, goodClaims(jwt.MapClaims{"rooms": []string{}}), nil), time.Now())
	if p != nil || g.mayJoin("any") == nil {
		t.Errorf("a token for no room opens one: %v", p)
	}
	g, p = a.verify(t.Context(), sign(t, goodClaims(), nil), time.Now())
	if p != nil || g.mayJoin("any") != nil || g.mayInvite("any") == nil || g.noRelay {
		t.Errorf("a plain token: %+v %v", g, p)
	}
}

func TestTheRelayCountsASubjectByOneName(t *testing.T) {
	for subject, want := range map[string]string{
		"alice":                 "alice",
		"@alice:example.org":    "@alice:example.org",
		"auth0|5f7c8ec7c33c6c0": "auth0|5f7c8ec7c33c6c0",
	} {
		if got := relayUser(subject); got != want {
			t.Errorf("%s is %s", subject, got)
		}
	}
	seen := map[string]string{}
	for _, subject := range []string{"Zoë", "zoe ", "a b", "guest-abc", strings.Repeat("x", 100), strings.Repeat("x", 101)} {
		got := relayUser(subject)
		if !strings.HasPrefix(got, "user-") || seen[got] != "" {
			t.Errorf("%q is %s, as is %q", subject, got, seen[got])
		}
		seen[got] = subject
	}
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

func FuzzToken(f *testing.F) {
	a := mustAuthority(f, testAuth(f))
	for _, algorithm := range Algorithms {
		f.Add(sign(f, goodClaims(), map[string]any{"alg": algorithm}))
	}
	f.Add("eyJhbGciOiJub25lIn0.e30.")
	f.Add("..")
	f.Add(a.invitations.sign(invitation{"room", 1 << 40, "bob"}))
	f.Fuzz(func(t *testing.T, text string) {
		g, p := a.verify(t.Context(), text, time.Now())
		if (g == nil) == (p == nil) {
			t.Errorf("%v and %v", g, p)
		}
		if g, p := a.invitations.verify(text, time.Now()); (g == nil) == (p == nil) {
			t.Errorf("%v and %v", g, p)
		}
	})
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
