package signal

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
)

// lasting connects a client whose session can be resumed.
func (l *lab) lasting(name string) *client {
	l.t.Helper()
	c := l.connect()
	c.send(map[string]any{"type": "hello", "version": 1, "name": name, "key": "the key of " + name + " and nobody else", "resume": ""})
	c.welcomed()
	if c.welcome["resumed"] != false {
		l.t.Fatalf("got %v", c.welcome)
	}
	return c
}

func (c *client) welcomed() {
	c.t.Helper()
	c.welcome = c.expect("welcome")
	c.session = c.welcome["session"].(string)
}

func (c *client) token() string {
	return c.welcome["resume"].(map[string]any)["token"].(string)
}

// resume connects again with a token, having received the frames up to ack.
func (l *lab) resume(token string, ack int) *client {
	l.t.Helper()
	c := l.connect()
	c.send(map[string]any{"type": "hello", "version": 1, "resume": token, "ack": ack})
	c.welcomed()
	return c
}

// lose ends the connection without a word.
func (c *client) lose() {
	c.conn.NetConn().Close()
	synctest.Wait()
}

func (c *client) in(room string) *client {
	c.t.Helper()
	c.sendf(`{"type": "join", "room": %q}`, room)
	c.expect("joined")
	return c
}

func (c *client) expectPresence(kind, session string) {
	c.t.Helper()
	if frame := c.expect(kind); frame["session"] != session {
		c.t.Fatalf("got %v, want %s", frame, session)
	}
}

func TestALostConnectionIsResumedAndNothingIsLost(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada, bob := l.lasting("ada").in("r"), l.person("bob").in("r")
		ada.expect("member-joined") // the second numbered frame
		ada.lose()
		bob.expectPresence("member-away", ada.session)
		for i := range 5 {
			bob.sendf(`{"type": "description", "to": %q, "description": {"n": %d}}`, ada.session, i)
		}
		time.Sleep(59 * time.Second)

		again := l.resume(ada.token(), 2)
		if again.welcome["resumed"] != true || again.session != ada.session {
			t.Fatalf("got %v", again.welcome)
		}
		bob.expectPresence("member-back", ada.session)
		for i := range 5 {
			frame := again.expect("description")
			if frame["seq"] != float64(3+i) || frame["description"].(map[string]any)["n"] != float64(i) {
				t.Fatalf("got %v", frame)
			}
		}
		again.sendf(`{"type": "state", "room": "r", "state": {"back": true}}`)
		bob.expect("member-state")
		time.Sleep(30 * time.Minute)
		bob.expectNothing()
	})
}

func TestWhoDoesNotComeBackIsGoneAfterAMinute(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada, bob := l.lasting("ada").in("r"), l.person("bob").in("r")
		ada.expect("member-joined")
		start := time.Now()
		ada.lose()
		bob.expectPresence("member-away", ada.session)
		late := l.person("joe")
		late.sendf(`{"type": "join", "room": "r"}`)
		if members := late.expect("joined")["members"].([]any); members[0].(map[string]any)["away"] != true {
			t.Errorf("got %v", members)
		}
		bob.expect("member-joined")
		if left := bob.expect("member-left"); left["session"] != ada.session || left["reason"] != "gone" {
			t.Errorf("got %v", left)
		}
		if waited := time.Since(start); waited != resumeWindow {
			t.Errorf("after %v", waited)
		}
		late.expect("member-left")
		again := l.resume(ada.token(), 2)
		if again.welcome["resumed"] != false || again.session == ada.session {
			t.Errorf("got %v", again.welcome)
		}
		bob.expectNothing()
	})
}

func TestSessionsAreCountedByWhetherTheyHaveAConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		want := func(open, away int) {
			t.Helper()
			synctest.Wait()
			if o, a := l.server.Sessions(); o != open || a != away {
				t.Errorf("%d open and %d away, want %d and %d", o, a, open, away)
			}
		}
		ada := l.lasting("ada")
		l.connect()
		want(2, 0)
		ada.lose()
		want(1, 1)
		l.resume(ada.token(), 0)
		want(2, 0)
		time.Sleep(helloTimeout + closeTimeout)
		want(1, 0)
	})
}

func TestAGoodbyeLeavesNothingToResume(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		bob := l.person("bob").in("r")
		for _, goodbye := range []func(c *client){
			func(c *client) { c.sendf(`{"type": "bye"}`) },
			func(c *client) {
				c.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""), time.Now().Add(time.Second))
			},
			func(c *client) {
				c.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1001, ""), time.Now().Add(time.Second))
			},
		} {
			ada := l.lasting("ada").in("r")
			bob.expect("member-joined")
			goodbye(ada)
			bob.expect("member-left")
			if again := l.resume(ada.token(), 1); again.welcome["resumed"] != false {
				t.Errorf("got %v", again.welcome)
			}
		}
	})
}

func TestFramesOfTheClientAreActedUponOnceAndInTurn(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada, bob := l.lasting("ada").in("r"), l.person("bob").in("r")
		ada.expect("member-joined")
		state := func(c *client, n int) { c.sendf(`{"type": "state", "n": %d, "room": "r", "state": {"n": %d}}`, n, n) }
		state(ada, 1)
		state(ada, 2)
		ada.lose()
		again := l.resume(ada.token(), 2)
		if again.welcome["ack"] != 2.0 {
			t.Fatalf("got %v", again.welcome)
		}
		state(again, 2)
		state(again, 1)
		state(again, 4)
		again.expectError(badFrame)
		state(again, 3)
		for n := 1; n <= 2; n++ {
			if frame := bob.expect("member-state"); frame["state"].(map[string]any)["n"] != float64(n) {
				t.Fatalf("got %v", frame)
			}
		}
		bob.expectPresence("member-away", ada.session)
		bob.expectPresence("member-back", ada.session)
		if frame := bob.expect("member-state"); frame["state"].(map[string]any)["n"] != 3.0 {
			t.Fatalf("got %v", frame)
		}
		bob.expectNothing()
	})
}

func TestManyFramesWithoutAnAnswerAreAcknowledged(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada := l.lasting("ada").in("r")
		for n := 1; n <= ackEvery; n++ {
			ada.sendf(`{"type": "state", "n": %d, "room": "r", "state": {}}`, n)
		}
		if frame := ada.expect("ack"); frame["ack"] != float64(ackEvery) || frame["seq"] != nil {
			t.Errorf("got %v", frame)
		}
	})
}

func TestResumingClosesTheOlderConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada, bob := l.lasting("ada").in("r"), l.person("bob").in("r")
		ada.expect("member-joined")
		again := l.resume(ada.token(), 2)
		if again.welcome["resumed"] != true {
			t.Fatalf("got %v", again.welcome)
		}
		ada.expectClose(closeSuperseded)
		again.sendf(`{"type": "state", "room": "r", "state": {}}`)
		bob.expect("member-state") // and nobody was told that ada was away
		bob.expectNothing()
	})
}

// The welcome with the next token may be lost with its connection; once the client
// has shown that it has it, the one before is worth nothing.
func TestATokenIsGoodUntilTheNextIsUsed(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada := l.lasting("ada")
		first := ada.token()
		ada.lose()
		l.resume(first, 0).lose()
		third := l.resume(first, 0)
		if third.welcome["resumed"] != true {
			t.Fatalf("got %v", third.welcome)
		}
		third.sendf(`{"type": "ping"}`)
		third.expect("pong")
		third.lose()
		if thief := l.resume(first, 0); thief.welcome["resumed"] != false {
			t.Errorf("got %v", thief.welcome)
		}
		if again := l.resume(third.token(), 0); again.welcome["resumed"] != true || again.session != ada.session {
			t.Errorf("got %v", again.welcome)
		}
	})
}

func TestTokensExpireAndAreRenewedOverTheLiveSession(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada := l.lasting("ada")
		start := time.Now()
		first := ada.token()
		var newest string
		for range 2 {
			newest = ada.expect("resume")["resume"].(map[string]any)["token"].(string)
		}
		if waited := time.Since(start); waited != 2*tokenRenewal {
			t.Errorf("renewed within %v", waited)
		}
		time.Sleep(time.Second)
		if late := l.resume(first, 0); late.welcome["resumed"] != false {
			t.Errorf("got %v", late.welcome)
		}
		if again := l.resume(newest, 0); again.welcome["resumed"] != true {
			t.Errorf("got %v", again.welcome)
		}
	})
}

func TestForgedTokensAreWorthNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada := l.lasting("ada")
		other := newTokens()
		forged := other.issue(&session{id: ada.session, user: "x"}, 0, time.Now()).Token
		token := ada.token()
		for _, text := range []string{forged, token[:len(token)-2], "x" + token, ".", "x", token + "." + token} {
			if c := l.resume(text, 0); c.welcome["resumed"] != false {
				t.Errorf("%s: got %v", text, c.welcome)
			}
		}
		ada.expectNothing()
	})
}

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

func TestACallSurvivesALostConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada, bob := l.lasting("ada"), l.lasting("bob")
		call := ada.call("bob", bob)
		bob.sendf(`{"type": "accept", "call": %q}`, call)
		bob.expect("accepted")
		ada.expect("accepted")
		bob.lose()
		if frame := ada.expect("member-away"); frame["call"] != call || frame["session"] != bob.session {
			t.Errorf("got %v", frame)
		}
		ada.sendf(`{"type": "description", "to": %q, "description": {}}`, bob.session)
		again := l.resume(bob.token(), 2)
		if frame := ada.expect("member-back"); frame["call"] != call {
			t.Errorf("got %v", frame)
		}
		again.expect("description")
		again.sendf(`{"type": "hangup", "call": %q}`, call)
		ada.expectEnd(call, "hangup")
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
