package signal

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const tokenSecret = "V3m0xQz7Lk2sRt9WyBn5Jd8Hf4Gc6Pa1"

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
		"no allocations":               sign(t, goodClaims(jwt.MapClaims{"allocations": 0}), nil),
		"no sessions":                  sign(t, goodClaims(jwt.MapClaims{"sessions": 0}), nil),
		"sessions as text":             sign(t, goodClaims(jwt.MapClaims{"sessions": "many"}), nil),
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
		"name": "Alice", "rooms": []string{"team-*", "lobby"}, "relay": false, "ttl": 600, "moderator": true, "invite": true, "sessions": 3, "allocations": 5,
	}), nil), time.Now())
	if p != nil {
		t.Fatal(p.message)
	}
	if g.name != "Alice" || !g.noRelay || g.ttl != 10*time.Minute || !g.moderator || !g.inviter || g.sessions != 3 || g.allocations != 5 {
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
