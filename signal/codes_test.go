package signal

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/golang-jwt/jwt/v5"
)

// proven are the scenarios of a server that asks for proofs.
func proven(t *testing.T, code string) (configure []func(*Config)) {
	switch code {
	case unauthorized, forbidden:
		signers() // outside the bubble
		configure = append(configure, withAuth(t))
	case keysUnavailable:
		signers()
		configure = append(configure, withAuth(t), func(cfg *Config) {
			cfg.Auth.Keys, cfg.Auth.JWKS = nil, &JWKS{URL: "https://keys.example/", Transport: &keyServer{answer: down}}
		})
	}
	return configure
}

// errorScenarios provoke each line of the table of errors.
var errorScenarios = map[string]func(t *testing.T, l *lab){
	badFrame: func(t *testing.T, l *lab) {
		c := l.person("ada")
		c.sendf(`{"type": "hello", "version": 1}`)
		c.expectError(badFrame)
		c.sendf(`[]`)
		c.expectError(badFrame)
		c.sendf(`{"type": "join", "id": "7"}`)
		if frame := c.expectError(badFrame); frame["re"] != "7" {
			t.Errorf("got %v", frame)
		}
		c.expectClose(closeMalformed)
	},
	unknownType: func(t *testing.T, l *lab) {
		c := l.person("ada")
		for range 10 { // which never closes
			c.sendf(`{"type": "dance", "id": "7"}`)
			if frame := c.expectError(unknownType); frame["re"] != "7" {
				t.Errorf("got %v", frame)
			}
		}
	},
	helloFirst: func(t *testing.T, l *lab) {
		c := l.connect()
		for _, text := range []string{`"join", "room": "r"`, `"invite", "name": "bob"`, `"description", "to": "s", "description": {}`} {
			c.sendf(`{"type": %s}`, text)
			c.expectError(helloFirst)
		}
		c.sendf(`{"type": "hello", "version": 1}`)
		c.expect("welcome")
	},
	wrongVersion: func(t *testing.T, l *lab) {
		for _, version := range []string{`"version": 2`, `"version": 0`, `"x": 1`} {
			c := l.connect()
			c.sendf(`{"type": "hello", "id": "7", %s}`, version)
			if frame := c.expectError(wrongVersion); frame["re"] != "7" {
				t.Errorf("got %v", frame)
			}
			c.expectClose(closeRefused)
		}
	},
	nameTaken: func(t *testing.T, l *lab) {
		l.device("ada", "0123456789abcdef")
		l.refused("ada", "0123456789abcdeX", nameTaken)
	},
	badName: func(t *testing.T, l *lab) {
		l.refused(strings.Repeat("x", 65), "", badName)
		l.refused("   ", "", badName)
		c := l.person("ada")
		for _, room := range []string{"", strings.Repeat("x", 129), "a\tb"} {
			c.send(map[string]any{"type": "join", "room": room})
			c.expectError(badName)
		}
		c.send(map[string]any{"type": "join", "room": strings.Repeat("ж", 128)})
		c.expect("joined")
	},
	roomFull: func(t *testing.T, l *lab) {
		for range l.server.limits.RoomMembers {
			c := l.device("", "")
			c.sendf(`{"type": "join", "room": "r"}`)
			c.expect("joined")
		}
		c := l.person("late")
		c.sendf(`{"type": "join", "room": "r"}`)
		c.expectError(roomFull)
	},
	tooManyRooms: func(t *testing.T, l *lab) {
		c := l.person("ada")
		for i := range l.server.limits.Rooms {
			c.sendf(`{"type": "join", "room": "%d"}`, i)
			c.expect("joined")
		}
		c.sendf(`{"type": "join", "room": "one more"}`)
		c.expectError(tooManyRooms)
	},
	notInRoom: func(t *testing.T, l *lab) {
		l.people("r", "bob")
		c := l.person("ada")
		for _, text := range []string{`"leave"`, `"state", "state": {}`} {
			c.sendf(`{"room": "r", "type": %s}`, text)
			c.expectError(notInRoom)
		}
	},
	noSuchRoom: func(t *testing.T, l *lab) {
		c := l.person("ada")
		c.sendf(`{"type": "join", "room": "none", "existing": true}`)
		c.expectError(noSuchRoom)
	},
	roomLocked: func(t *testing.T, l *lab) {
		l.person("bob").in("r").sendf(`{"type": "lock", "room": "r"}`)
		c := l.person("ada")
		synctest.Wait()
		c.sendf(`{"type": "join", "room": "r"}`)
		c.expectError(roomLocked)
	},
	kickedOut: func(t *testing.T, l *lab) {
		p := l.people("r", "ada", "bob")
		p[0].sendf(`{"type": "kick", "room": "r", "session": %q}`, p[1].session)
		p[1].expect("kicked")
		p[1].sendf(`{"type": "join", "room": "r"}`)
		p[1].expectError(kickedOut)
	},
	notOwner: func(t *testing.T, l *lab) {
		p := l.people("r", "ada", "bob")
		for _, kind := range []string{"lock", "unlock", "kick"} {
			p[1].sendf(`{"type": %q, "room": "r", "session": %q}`, kind, p[0].session)
			p[1].expectError(notOwner)
		}
	},
	unavailable: func(t *testing.T, l *lab) {
		c := l.person("ada")
		c.sendf(`{"type": "test", "id": "9"}`)
		if frame := c.expectError(unavailable); frame["re"] != "9" {
			t.Errorf("got %v", frame)
		}
	},
	noSuchSession: func(t *testing.T, l *lab) {
		p := l.poster()
		p.token = "x.y"
		if status, text := p.post(`{"type": "ping"}`); status != 401 || !strings.Contains(text, noSuchSession) {
			t.Errorf("got %d %s", status, text)
		}
	},
	noSuchPeer: func(t *testing.T, l *lab) {
		p := l.people("r", "ada", "bob")
		p[1].conn.Close()
		p[0].expect("member-left")
		p[0].sendf(`{"type": "description", "to": %q, "description": {}}`, p[1].session)
		p[0].expectError(noSuchPeer)
	},
	noSuchCall: func(t *testing.T, l *lab) {
		c := l.person("ada")
		for _, kind := range []string{"ringing", "accept", "decline", "cancel", "hangup"} {
			c.sendf(`{"type": %q, "call": "c-none"}`, kind)
			c.expectError(noSuchCall)
		}
	},
	unauthorized: func(t *testing.T, l *lab) { l.helloWith(map[string]any{}).expectError(unauthorized) },
	badToken:     func(t *testing.T, l *lab) { l.helloWith(map[string]any{"token": "x"}).expectError(badToken) },
	forbidden: func(t *testing.T, l *lab) {
		c := l.tokenHolder(jwt.MapClaims{"rooms": []string{"a"}})
		c.sendf(`{"type": "join", "room": "b"}`)
		c.expectError(forbidden)
	},
	keysUnavailable: func(t *testing.T, l *lab) {
		l.helloWith(map[string]any{"token": sign(t, goodClaims(), nil)}).expectError(keysUnavailable)
	},
	tooManyCode: func(t *testing.T, l *lab) {
		c := l.person("ada")
		for range l.server.limits.PerSession.Invites.Burst {
			c.expectEnd(c.call("nobody"), "unavailable")
		}
		c.sendf(`{"type": "invite", "name": "nobody"}`)
		c.expectError(tooManyCode)
	},
}

func TestEveryErrorOfTheProtocol(t *testing.T) {
	codes := table(t, "Errors")
	for _, code := range codes {
		scenario := errorScenarios[code]
		if scenario == nil {
			t.Errorf("nothing provokes %s", code)
			continue
		}
		t.Run(code, func(t *testing.T) { inBubble(t, scenario, proven(t, code)...) })
	}
	for code := range errorScenarios {
		if !slices.Contains(codes, code) {
			t.Errorf("%s is not in the protocol", code)
		}
	}
}
