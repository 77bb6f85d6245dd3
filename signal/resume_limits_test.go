package signal

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
)

// More than the ring holds while away: the client is told, with a new session.
func TestWhatOverflowsTheRingIsNotResumed(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada, bob := l.lasting("ada").in("r"), l.person("bob").in("r")
		ada.expect("member-joined")
		ada.lose()
		bob.expectPresence("member-away", ada.session)
		for range ringFrames {
			bob.sendf(`{"type": "state", "room": "r", "state": {}}`)
		}
		bob.expectNothing()
		bob.sendf(`{"type": "state", "room": "r", "state": {}}`)
		if left := bob.expect("member-left"); left["session"] != ada.session {
			t.Errorf("got %v", left)
		}
		again := l.resume(ada.token(), 2)
		if again.welcome["resumed"] != false {
			t.Errorf("got %v", again.welcome)
		}
		again.in("r")
		bob.expect("member-joined")
	})
}

func TestAnAcknowledgementThatCannotBeIsNotResumed(t *testing.T) {
	for name, ack := range map[string]int{"never said": 50, "forgotten": 0} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, l *lab) {
				ada := l.lasting("ada").in("r")
				ada.sendf(`{"type": "ack", "ack": 1}`)
				ada.lose()
				if again := l.resume(ada.token(), ack); again.welcome["resumed"] != false {
					t.Errorf("got %v", again.welcome)
				}
			})
		})
	}
}

func TestASlowReaderCanResume(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		bob := l.person("bob").in("r")
		slow := l.connectSilent()
		slow.sendf(`{"type": "hello", "version": 1, "resume": ""}`)
		var welcome map[string]any
		_, data, _ := slow.conn.ReadMessage()
		json.Unmarshal(data, &welcome)
		slow.welcome, slow.session = welcome, welcome["session"].(string)
		slow.sendf(`{"type": "join", "room": "r"}`)
		slow.conn.ReadMessage()
		bob.expect("member-joined")
		sent := 0
		for away := false; !away; sent++ {
			bob.sendf(`{"type": "description", "to": %q, "description": {"n": %d}}`, slow.session, sent)
			synctest.Wait()
			select {
			case frame := <-bob.frames:
				away = frame["type"] == "member-away"
			default:
			}
		}
		slow.listen()
		slow.expectClose(closeSlow)
		again := l.resume(slow.token(), 1)
		if again.welcome["resumed"] != true {
			t.Fatalf("got %v", again.welcome)
		}
		for n := range sent {
			if frame := again.expect("description"); frame["description"].(map[string]any)["n"] != float64(n) {
				t.Fatalf("got %v, want %d", frame, n)
			}
		}
		bob.expectPresence("member-back", slow.session)
	})
}

func TestWhoIsAwayCountsInTheLimits(t *testing.T) {
	for what, configure := range map[string]func(*Config){
		"503": func(cfg *Config) { cfg.Limits.Sessions = 2 },
		"429": func(cfg *Config) { cfg.Limits.SessionsPerAddress = 2 },
	} {
		t.Run(what, func(t *testing.T) {
			inBubble(t, func(t *testing.T, l *lab) {
				ada, bob := l.lasting("ada"), l.lasting("bob")
				ada.lose()
				bob.lose()
				strangers := []*client{l.connect(), l.connect()} // there is room for those who come back
				if _, err := l.tryConnect(nil); err == nil {
					t.Error("and for more")
				}
				strangers[0].sendf(`{"type": "hello", "version": 1}`)
				strangers[0].expectError(tooManyCode)
				strangers[0].expectClose(closeFull)
				strangers[1].send(map[string]any{"type": "hello", "version": 1, "resume": ada.token()})
				strangers[1].welcomed()
				if strangers[1].session != ada.session {
					t.Errorf("got %v", strangers[1].welcome)
				}
			}, configure)
		})
	}
}

func TestWhoResumesFromElsewhereIsMetThere(t *testing.T) {
	var book ledger
	l := newLoopbackLab(t, behindProxies, func(c *Config) { c.Met, c.Parted = book.met, book.parted })
	users := make([]string, 2)
	people := make([]*client, 2)
	for i := range people {
		people[i] = l.connectFrom(fmt.Sprint("203.0.113.", i))
		people[i].sendf(`{"type": "hello", "version": 1, "resume": ""}`)
		people[i].welcomed()
		people[i].in("r")
		users[i] = people[i].welcome["user"].(string)
	}
	again := l.connectFrom("198.51.100.7")
	again.send(map[string]any{"type": "hello", "version": 1, "resume": people[0].token(), "ack": 1})
	again.welcomed()
	book.check(t, book.sees(
		entry(users[0], users[1], netip.MustParseAddr("203.0.113.1")),
		entry(users[1], users[0], netip.MustParseAddr("198.51.100.7"))))
}
