package signal

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
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

func TestAnInvitationOpensOneRoomUntilItExpires(t *testing.T) {
	signers()
	inBubble(t, func(t *testing.T, l *lab) {
		keys := l.server.authority.Load().invitations
		text := keys.sign(invitation{"meeting", time.Now().Add(10 * time.Minute).Unix(), ""})
		alice := l.tokenHolder(jwt.MapClaims{"name": "Alice"})
		guest := l.helloWith(map[string]any{"invite": text, "name": "Alice"})
		if welcome := guest.expect("welcome"); welcome["name"] != "Alice (guest)" || !strings.HasPrefix(welcome["user"].(string), guestPrefix) {
			t.Errorf("got %v", welcome)
		}
		guest.sendf(`{"type": "join", "room": "other"}`)
		guest.expectError(forbidden)
		guest.sendf(`{"type": "invite", "name": "Alice"}`)
		guest.expectError(forbidden)
		guest.send(map[string]any{"type": "token", "token": sign(t, goodClaims(), nil)})
		guest.expectError(forbidden)
		guest.sendf(`{"type": "join", "room": "meeting"}`)
		guest.expect("joined")
		alice.conn.Close()
		for frame := guest.next(); frame != nil; frame = guest.next() {
			if frame["type"] != "ice" {
				t.Errorf("got %v", frame)
			}
		}
		guest.expectClose(closeProof)

		late := l.helloWith(map[string]any{"invite": text})
		late.expectError(badToken)
		for _, forged := range []string{text + "A", "A" + text, strings.Replace(text, ".", "", 1), ".", newInvitations([]string{"another secret 123"}).sign(invitation{"meeting", 1 << 40, ""})} {
			c := l.helloWith(map[string]any{"invite": forged})
			c.expectError(badToken)
		}
	}, withAuth(t))
}

func TestWhereNobodyHasTokensNamesAreAsTheyWere(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		if c := l.person("ada"); c.welcome["name"] != "ada" {
			t.Errorf("got %v", c.welcome)
		}
	})
}

// post asks as if from another host.
func post(server *Server, path, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", path, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	return w
}

func TestInvitationsAreMadeByWhoMay(t *testing.T) {
	signers()
	cfg := Config{}
	withAuth(t)(&cfg)
	server := mustNew(t, cfg)
	bearer := func(claims jwt.MapClaims) string { return "Bearer " + sign(t, goodClaims(claims), nil) }
	for _, test := range []struct {
		what, authorization, body string
		want                      int
	}{
		{"an API key", "Bearer " + testAPIKey, `{"room":"r","ttl":60,"name":"bob"}`, 201},
		{"a token with the right", bearer(jwt.MapClaims{"invite": true}), `{"room":"r"}`, 201},
		{"a token for that room", bearer(jwt.MapClaims{"invite": true, "rooms": []string{"r*"}}), `{"room":"r1"}`, 201},
		{"a token for another room", bearer(jwt.MapClaims{"invite": true, "rooms": []string{"q"}}), `{"room":"r"}`, 403},
		{"a token without the right", bearer(nil), `{"room":"r"}`, 403},
		{"nothing", "", `{"room":"r"}`, 401},
		{"another key", "Bearer k9Zq2xW7vB4nM1sU", `{"room":"r"}`, 401},
		{"no room", "Bearer " + testAPIKey, `{}`, 400},
		{"too long", "Bearer " + testAPIKey, `{"room":"r","ttl":2592001}`, 400},
		{"a past one", "Bearer " + testAPIKey, `{"room":"r","ttl":-1}`, 400},
		{"no object", "Bearer " + testAPIKey, `[]`, 400},
		{"a flood", "Bearer " + testAPIKey, `{"room":"` + strings.Repeat("x", bodyLimit) + `"}`, 400},
	} {
		w := post(server, "/v1/invite", test.body, "Authorization", test.authorization)
		if w.Code != test.want {
			t.Errorf("%s: got %d %s", test.what, w.Code, w.Body)
			continue
		}
		if w.Code != 201 {
			continue
		}
		var got invited
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		g, p := server.authority.Load().invitations.verify(got.Invite, time.Now())
		if p != nil || g.room != got.Room || g.expires.Unix() != got.ExpiresAt {
			t.Errorf("%s: %+v %v", test.what, g, p)
		}
	}
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

func TestReportsAreCountedOnceForEachPair(t *testing.T) {
	l := newLoopbackLab(t)
	p := l.people("r", "ada", "bob")
	for range 3 {
		p[0].sendf(`{"type": "report", "to": %q, "outcome": "direct"}`, p[1].session)
		p[1].sendf(`{"type": "report", "to": %q, "outcome": "direct"}`, p[0].session)
	}
	p[1].sendf(`{"type": "report", "to": %q, "outcome": "relayed", "transport": "tls"}`, p[0].session)
	p[1].sendf(`{"type": "report", "to": %q, "outcome": "failed", "why": "a name of mine"}`, p[0].session)
	p[0].sendf(`{"type": "report", "to": "s-nobody", "outcome": "direct"}`)
	p[0].expectError(noSuchPeer)
	p[1].sendf(`{"type": "report", "to": %q, "outcome": "relayed", "transport": "pigeon"}`, p[0].session)
	p[1].expectError(badFrame)
	p[1].sendf(`{"type": "report", "to": %q, "outcome": "fine"}`, p[0].session)
	p[1].expectError(badFrame)
	c := l.server.Counters()
	if c.Direct != 1 || c.Relayed["tls"] != 1 || c.Relayed["udp"] != 0 || c.Failed["unknown"] != 1 {
		t.Errorf("got %+v", c)
	}
	if len(c.Failed) != len(failures) || len(c.Relayed) != len(relayTransports) {
		t.Errorf("the counters have other keys: %+v", c)
	}
	p[0].sendf(`{"type": "leave", "room": "r"}`)
	p[0].expect("left")
	p[1].expect("member-left")
	l.server.hub.mu.Lock()
	defer l.server.hub.mu.Unlock()
	if n := len(l.server.hub.reported); n != 0 {
		t.Errorf("%d pairs are remembered who share nothing", n)
	}
}
