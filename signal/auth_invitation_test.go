package signal

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

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
