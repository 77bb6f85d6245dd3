package signal

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestCloseTellsEverybodyAndLeavesNothing(t *testing.T) {
	l := newLoopbackLab(t)
	p := l.people("r", "ada", "bob", "eve")
	p[0].call("bob", p[1])
	silent := l.connect()
	mute := l.connectSilent() // never answers the close
	start := time.Now()
	if err := l.server.Close(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > awayTimeout+5*time.Second {
		t.Errorf("it took %v", took)
	}
	for _, c := range append(p, silent) {
		c.expectClose(closeGoingAway)
	}
	mute.listen()
	mute.expectClose(closeGoingAway)
	if _, err := l.tryConnect(nil); err == nil || !strings.HasPrefix(err.Error(), "503") {
		t.Errorf("after Close: %v", err)
	}
	if err := l.server.Close(); err != nil {
		t.Errorf("closing again: %v", err)
	}
}

func TestCloseWaitsASecondForThoseWhoDoNotAnswer(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		l.connectSilent()
		start := time.Now()
		l.server.Close()
		if took := time.Since(start); took != awayTimeout {
			t.Errorf("it took %v", took)
		}
	})
}

func TestRubbishDisturbsNobodyElse(t *testing.T) {
	l := newLoopbackLab(t)
	p := l.people("r", "ada", "bob")
	for _, rubbish := range []func(*client){
		func(c *client) { c.conn.NetConn().Write([]byte("\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff")) },
		func(c *client) { c.conn.NetConn().Write([]byte("GET / HTTP/1.1\r\n\r\n")) },
		func(c *client) { c.conn.NetConn().Write([]byte{0x81, 0x05, 'h', 'e', 'l', 'l', 'o'}) }, // without a mask
		func(c *client) { c.conn.NetConn().Write([]byte{0xf1, 0x80, 0, 0, 0, 0}) },
		func(c *client) { c.sendText(strings.Repeat("[", 16000)); c.conn.Close() },
		func(c *client) { c.conn.WriteMessage(websocket.BinaryMessage, []byte{0}); c.conn.Close() },
		func(c *client) {
			c.conn.WriteControl(websocket.CloseMessage, []byte{0x00}, time.Now().Add(time.Second))
			c.conn.Close()
		},
	} {
		c := l.connect()
		rubbish(c)
		for c.next() != nil {
		}
	}
	p[0].sendf(`{"type": "description", "to": %q, "description": {}}`, p[1].session)
	p[1].expect("description")
	p[0].expectNothing()
}

// What is not UTF-8 would make a browser close, hence must not be passed on.
func TestInvalidUTF8ReachesNobody(t *testing.T) {
	l := newLoopbackLab(t)
	p := l.people("r", "ada", "bob")
	p[0].sendText(fmt.Sprintf(`{"type": "description", "to": %q, "description": {"sdp": "%s"}}`, p[1].session, "\xc3\x28"))
	p[0].expectError(badFrame)
	p[1].expectNothing()
}

func TestPayloadsAndNamesAreNotLogged(t *testing.T) {
	var log lockedBuffer
	l := newLoopbackLab(t, func(cfg *Config) {
		cfg.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	p := l.people("SECRET-room", "SECRET-ada", "SECRET-bob")
	p[0].sendf(`{"type": "description", "to": %q, "description": {"sdp": "SECRET"}}`, p[1].session)
	p[0].sendf(`{"type": "state", "room": "SECRET-room", "state": {"x": "SECRET"}}`)
	p[0].sendf(`{"type": "SECRET"`)
	p[0].expectError(badFrame)
	l.connect().sendText("SECRET")
	l.server.Close()
	text := log.String()
	if strings.Contains(text, "SECRET") || strings.Contains(text, "credential") {
		t.Errorf("the log:\n%s", text)
	}
	for _, c := range p {
		user := "user=" + c.welcome["user"].(string)
		if strings.Count(text, user) != 2 {
			t.Errorf("%s does not open and close once in the log:\n%s", user, text)
		}
	}
	if strings.Count(text, "\n") != 4 {
		t.Errorf("who says no hello is logged:\n%s", text)
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// Many at once, joining, calling, talking and leaving in no order: for the
// race detector, and for what the helper checks at the end.
func TestACrowdComesAndGoes(t *testing.T) {
	l := newLoopbackLab(t, func(cfg *Config) {
		cfg.Limits.PerAddress.Messages = Rate{1e6, 1e6}
		cfg.Limits.PerAddress.Joins = Rate{1e6, 1e6}
		cfg.Limits.PerAddress.Invites = Rate{1e6, 1e6}
	})
	var wg sync.WaitGroup
	for i := range 24 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			conn, err := l.tryConnect(nil)
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			c := &client{t: t, lab: l, conn: conn, frames: make(chan map[string]any, 4096)}
			c.listen()
			name := fmt.Sprint("guest ", i%8)
			c.send(map[string]any{"type": "hello", "version": 1, "name": name, "key": "0123456789abcdef"})
			var peers []string
			for n := range 60 {
				frame := c.next()
				for len(c.frames) > 0 {
					frame = <-c.frames
					if call, ok := frame["call"].(string); ok {
						c.sendf(`{"type": %q, "call": %q}`, []string{"ringing", "accept", "decline", "hangup"}[n%4], call)
					}
					if member, ok := frame["member"].(map[string]any); ok {
						peers = append(peers, member["session"].(string))
					}
				}
				if frame == nil {
					t.Error(c.err)
					return
				}
				for _, peer := range peers {
					c.sendf(`{"type": "candidate", "to": %q, "candidate": {"candidate": "x"}}`, peer)
					c.sendf(`{"type": "description", "to": %q, "description": {}}`, peer)
				}
				peers = nil
				switch n % 5 {
				case 0, 1:
					c.sendf(`{"type": "join", "room": "room %d"}`, n%3)
				case 2:
					c.sendf(`{"type": "leave", "room": "room %d"}`, n%3)
				case 3:
					c.sendf(`{"type": "invite", "name": "guest %d"}`, n%8)
				case 4:
					c.sendf(`{"type": "nothing"}`)
				}
			}
		}()
	}
	wg.Wait()
}
