package signal

import (
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
