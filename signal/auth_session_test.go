package signal

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const testAPIKey = "k9Zq2xW7vB4nM1sT"

func withAuth(t testing.TB) func(*Config) {
	return func(cfg *Config) {
		hashed, err := HashAPIKey(testAPIKey)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Auth, cfg.Open = testAuth(t), false
		cfg.Auth.APIKeys = []string{hashed}
	}
}

// helloWith says hello with a token or an invitation.
func (l *lab) helloWith(fields map[string]any) *client {
	l.t.Helper()
	c := l.connect()
	fields["type"], fields["version"] = "hello", 1
	c.send(fields)
	return c
}

func (l *lab) tokenHolder(more jwt.MapClaims) *client {
	l.t.Helper()
	c := l.helloWith(map[string]any{"token": sign(l.t, goodClaims(more), nil), "name": "somebody else"})
	c.welcome = c.expect("welcome")
	c.session = c.welcome["session"].(string)
	return c
}

func TestWithoutAProofNobodyIsWelcome(t *testing.T) {
	signers()
	inBubble(t, func(t *testing.T, l *lab) {
		for want, fields := range map[string]map[string]any{
			unauthorized: {},
			badToken:     {"token": "x"},
		} {
			c := l.helloWith(fields)
			c.expectError(want)
			c.expectClose(closeProof)
		}
		c := l.helloWith(map[string]any{"invite": "x"})
		c.expectError(badToken)
		c.expectClose(closeProof)
	}, withAuth(t))
}

func TestATokenNamesItsBearer(t *testing.T) {
	signers()
	inBubble(t, func(t *testing.T, l *lab) {
		alice := l.tokenHolder(jwt.MapClaims{"name": "Alice"})
		if alice.welcome["name"] != "Alice" || alice.welcome["user"] != "alice" {
			t.Errorf("got %v", alice.welcome)
		}
		l.tokenHolder(jwt.MapClaims{"name": "Alice"}) // her phone
		c := l.helloWith(map[string]any{"token": sign(t, goodClaims(jwt.MapClaims{"sub": "mallory", "name": "Alice"}), nil)})
		c.expectError(nameTaken)
	}, withAuth(t))
}

func TestATokenSaysHowManySessionsThereMayBe(t *testing.T) {
	signers()
	inBubble(t, func(t *testing.T, l *lab) {
		two := jwt.MapClaims{"sessions": 2}
		first := l.tokenHolder(two)
		l.tokenHolder(two)
		third := map[string]any{"token": sign(t, goodClaims(two), nil)}
		l.helloWith(third).expectError(tooManyCode)
		first.sendf(`{"type": "bye"}`)
		first.expectClose(closeNormal)
		l.helloWith(third).expect("welcome")
	}, withAuth(t))
}

func TestASessionEndsWithItsToken(t *testing.T) {
	signers()
	inBubble(t, func(t *testing.T, l *lab) {
		start := time.Now()
		l.tokenHolder(nil).expectClose(closeProof)
		if took := time.Since(start); took < time.Minute+tokenLeeway-2*time.Second || took > time.Minute+tokenLeeway+time.Second {
			t.Errorf("after %v", took)
		}
	}, withAuth(t))
}

func TestAFreshTokenKeepsTheSession(t *testing.T) {
	signers()
	inBubble(t, func(t *testing.T, l *lab) {
		alice := l.tokenHolder(nil)
		alice.send(map[string]any{"type": "token", "id": "1", "token": sign(t, goodClaims(jwt.MapClaims{"sub": "bob"}), nil)})
		alice.expectError(forbidden)
		alice.send(map[string]any{"type": "token", "token": "x"})
		alice.expectError(badToken)
		expires := time.Now().Add(time.Hour).Unix()
		alice.send(map[string]any{"type": "token", "id": "2", "token": sign(t, goodClaims(jwt.MapClaims{"exp": expires, "rooms": []string{"a"}}), nil)})
		frame := alice.expect("renewed")
		if frame["re"] != "2" || int64(frame["expires_at"].(float64)) != expires+60 {
			t.Errorf("got %v", frame)
		}
		alice.sendf(`{"type": "join", "room": "b"}`) // the new token's rooms count
		alice.expectError(forbidden)
		time.Sleep(10 * time.Minute)
		alice.sendf(`{"type": "join", "room": "a"}`)
		for frame := alice.next(); frame["type"] != "joined"; frame = alice.next() {
			if frame == nil {
				t.Fatal("the session ended with its first token")
			}
		}
	}, withAuth(t))
}

func TestATokenSaysHowManyAllocationsThereMayBe(t *testing.T) {
	signers()
	var r relay
	var told []string
	inBubble(t, func(t *testing.T, l *lab) {
		exp := time.Now().Add(10 * time.Minute).Unix()
		alice := l.tokenHolder(jwt.MapClaims{"allocations": 5, "exp": exp})
		user := alice.test()
		alice.send(map[string]any{"type": "token", "token": sign(t, goodClaims(jwt.MapClaims{"exp": exp}), nil)})
		alice.expect("renewed")
		want := []string{"alice 5 1h0m0s", user + " 5 1h0m0s", "alice 0 1h0m0s"} // credentials outlive the token
		if !slices.Equal(told, want) {
			t.Errorf("told was %q, want %q", told, want)
		}
	}, r.configure, withAuth(t), func(cfg *Config) {
		cfg.Quota = func(user string, allocations int, until time.Time) {
			told = append(told, fmt.Sprint(user, " ", allocations, " ", time.Until(until)))
		}
	})
}

// The rhythm of renewals is that of the newest credentials.
func TestCredentialsOfAFreshTokenAreRenewedInTheirTime(t *testing.T) {
	signers()
	inBubble(t, func(t *testing.T, l *lab) {
		alice := l.tokenHolder(jwt.MapClaims{"exp": time.Now().Add(time.Hour).Unix(), "relay": false})
		for _, ttl := range []int{3600, 60} {
			alice.send(map[string]any{"type": "token", "token": sign(t, goodClaims(jwt.MapClaims{"exp": time.Now().Add(time.Hour).Unix(), "ttl": ttl}), nil)})
			alice.expect("renewed")
		}
		start := time.Now()
		for range 3 {
			alice.expect("ice")
		}
		if took := time.Since(start); took > 3*time.Minute {
			t.Errorf("credentials of a minute were renewed three times in %v", took)
		}
	}, withAuth(t), func(cfg *Config) {
		cfg.ICEFor = func(user string, ttl time.Duration, now time.Time) ICE {
			ice := testICE(user, now)
			ice.TTL = int64(ttl.Seconds())
			return ice
		}
	})
}

func TestATokenWithoutTheRelayGetsNoServers(t *testing.T) {
	signers()
	inBubble(t, func(t *testing.T, l *lab) {
		c := l.tokenHolder(jwt.MapClaims{"relay": false})
		ice := c.welcome["ice"].(map[string]any)
		if servers, ok := ice["iceServers"].([]any); !ok || len(servers) != 0 {
			t.Errorf("got %v", ice)
		}
	}, withAuth(t))
}

func TestKeysAndSecretsRotate(t *testing.T) {
	signers()
	cfg := Config{}
	withAuth(t)(&cfg)
	server := mustNew(t, cfg)
	old := server.authority.Load().invitations.sign(invitation{"r", time.Now().Add(time.Hour).Unix(), ""})
	const next = "W3eR5tY7uI9oP1aS"
	hashed, _ := HashAPIKey(next)
	auth := cfg.Auth
	auth.APIKeys = append([]string{hashed}, auth.APIKeys...)
	auth.InvitationSecrets = append([]string{"a newer secret, longer"}, auth.InvitationSecrets...)
	ask := func(key string) int { return post(server, "/v1/ice", "", "Authorization", "Bearer "+key).Code }
	try := func(what string, oldKey, newKey int, invitation bool) {
		t.Helper()
		if a, b := ask(testAPIKey), ask(next); a != oldKey || b != newKey {
			t.Errorf("%s: %d and %d", what, a, b)
		}
		if _, p := server.authority.Load().invitations.verify(old, time.Now()); (p == nil) != invitation {
			t.Errorf("%s: the old invitation: %v", what, p)
		}
	}
	try("before", 200, 401, true)
	if err := server.SetAuth(auth); err != nil {
		t.Fatal(err)
	}
	try("both", 200, 200, true)
	auth.APIKeys, auth.InvitationSecrets, auth.Required = auth.APIKeys[:1], auth.InvitationSecrets[:1], false
	if err := server.SetAuth(auth); err != nil {
		t.Fatal(err)
	}
	try("after", 401, 200, false)
	auth.APIKeys = []string{"plain"}
	if err := server.SetAuth(auth); err == nil {
		t.Error("a key that is not hashed is taken")
	}
	try("after a mistake", 401, 200, false)
}

func TestNothingThatProvesIsLogged(t *testing.T) {
	signers()
	var log lockedBuffer
	l := newLoopbackLab(t, withAuth(t), func(cfg *Config) {
		cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	token := sign(t, goodClaims(), nil)
	invite := l.server.authority.Load().invitations.sign(invitation{"r", time.Now().Add(time.Hour).Unix(), ""})
	l.helloWith(map[string]any{"token": token}).expect("welcome")
	l.helloWith(map[string]any{"invite": invite}).expect("welcome")
	l.helloWith(map[string]any{"token": token + "x"}).expectError(badToken)
	for _, header := range []string{"Bearer " + token, "Bearer " + testAPIKey, "Bearer " + testAPIKey + "x", "Basic " + testAPIKey} {
		w := post(l.server, "/v1/ice?format=uberti&service=turn&key="+testAPIKey, "", "Authorization", header)
		if strings.Contains(w.Body.String(), testAPIKey) {
			t.Errorf("the answer repeats the key: %s", w.Body)
		}
	}
	l.server.Close()
	for _, secret := range []string{token, invite, testAPIKey, "credential", strings.Split(token, ".")[1]} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("%.20s… is logged:\n%s", secret, log.String())
		}
	}
	if !bytes.Contains([]byte(log.String()), []byte("user=alice")) {
		t.Errorf("who came is not logged:\n%s", log.String())
	}
}
