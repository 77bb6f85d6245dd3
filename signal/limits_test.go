package signal

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestABucketFillsAgain(t *testing.T) {
	var b bucket
	rate := Rate{PerSecond: 2, Burst: 3}
	now := time.Unix(1000, 0)
	for i, step := range []struct {
		wait time.Duration
		want bool
	}{
		{0, true}, {0, true}, {0, true}, {0, false},
		{499 * time.Millisecond, false}, {time.Millisecond, true}, {0, false},
		{-time.Hour, false}, // a clock set back gives nothing, and takes nothing
		{time.Hour + time.Second, true}, {0, true}, {0, false},
		{time.Hour, true}, {0, true}, {0, true}, {0, false},
	} {
		now = now.Add(step.wait)
		if b.take(rate, now) != step.want {
			t.Errorf("step %d: want %v", i, step.want)
		}
	}
}

func TestAddressesAreForgottenAndBounded(t *testing.T) {
	a := newAddresses(DefaultLimits())
	now := time.Unix(1000, 0)
	busy, _ := a.enter(netip.MustParseAddr("192.0.2.1"), now)
	for i := range addressEntries - 1 {
		a.get(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), now)
	}
	late := netip.MustParseAddr("192.0.2.2")
	if a.get(late, now) != a.shared || len(a.entries) != addressEntries {
		t.Errorf("%d entries", len(a.entries))
	}
	now = now.Add(addressIdle + time.Second)
	if a.get(late, now) == a.shared || len(a.entries) != 2 {
		t.Errorf("%d entries are left", len(a.entries))
	}
	if a.get(netip.MustParseAddr("::ffff:192.0.2.1"), now) != busy {
		t.Error("a mapped address is another")
	}
}

func TestLimitsThatAreSetAreKept(t *testing.T) {
	l := Limits{Rooms: 3, PerSession: Rates{Joins: Rate{7, 7}}}.withDefaults()
	d := DefaultLimits()
	if l.Rooms != 3 || l.PerSession.Joins != (Rate{7, 7}) {
		t.Errorf("got %+v", l)
	}
	l.Rooms, l.PerSession.Joins = d.Rooms, d.PerSession.Joins
	if l != d {
		t.Errorf("got %+v, want the defaults %+v", l, d)
	}
}

func TestFramesOverTheBudgetAreRefusedAndSlowedDown(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		p := l.people("r", "ada", "bob")
		start := time.Now()
		for range 300 {
			p[0].sendf(`{"type": "state", "room": "r", "state": {}}`)
		}
		refused := 0
		p[0].conn.Close()
		for frame := p[0].next(); frame != nil; frame = p[0].next() {
			if frame["code"] != tooManyCode {
				t.Fatalf("got %v", frame)
			}
			refused++
		}
		passed := 0
		for p[1].next()["type"] == "member-state" {
			passed++
		}
		if passed+refused < 299 || passed > 110+10*int(time.Since(start).Seconds()) || refused < 100 {
			t.Errorf("%d passed, %d were refused", passed, refused)
		}
		if took := time.Since(start); took < 100*overPause {
			t.Errorf("a flood of 300 frames was read in %v", took)
		}
	}, func(cfg *Config) { cfg.Limits.PerSession.Messages = Rate{10, 100} })
}

func TestAFloodOfPingsAndPongsIsSlowedDown(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		c := l.person("ada")
		for _, kind := range []int{websocket.PingMessage, websocket.PongMessage} {
			start := time.Now()
			for range 300 {
				if err := c.conn.WriteControl(kind, nil, time.Now().Add(time.Minute)); err != nil {
					t.Fatal(err)
				}
			}
			if took := time.Since(start); took < 10*time.Second {
				t.Errorf("300 frames of type %d were read in %v", kind, took)
			}
		}
		time.Sleep(time.Minute)
		c.expectNothing()
	}, func(cfg *Config) { cfg.Limits.PerSession.Messages = Rate{10, 100} })
}

func TestJoinsAndInvitationsHaveTheirBudgets(t *testing.T) {
	configs := map[string]func(*Config){
		"session": func(cfg *Config) {
			cfg.Limits.PerSession.Joins, cfg.Limits.PerSession.Invites = Rate{1, 3}, Rate{1, 3}
		},
		"address": func(cfg *Config) {
			cfg.Limits.PerAddress.Joins, cfg.Limits.PerAddress.Invites = Rate{1, 3}, Rate{1, 3}
		},
	}
	for what, configure := range configs {
		t.Run(what, func(t *testing.T) {
			inBubble(t, func(t *testing.T, l *lab) {
				ada, bob := l.person("ada"), l.person("bob")
				for range 3 {
					ada.sendf(`{"type": "join", "room": "r"}`)
					ada.expect("joined")
					ada.expectEnd(ada.call("nobody"), "unavailable")
				}
				ada.sendf(`{"type": "join", "id": "j", "room": "r"}`)
				if frame := ada.expectError(tooManyCode); frame["re"] != "j" {
					t.Errorf("got %v", frame)
				}
				ada.sendf(`{"type": "invite", "id": "i", "name": "bob"}`)
				ada.expectError(tooManyCode)

				bob.sendf(`{"type": "join", "room": "r"}`)
				if what == "address" {
					bob.expectError(tooManyCode)
				} else {
					bob.expect("joined")
					ada.expect("member-joined")
				}
				time.Sleep(3 * time.Second)
				ada.sendf(`{"type": "join", "room": "r"}`)
				ada.expect("joined")
				ada.call("bob", bob)
			}, configure)
		})
	}
}

func TestRoomsAreBounded(t *testing.T) {
	l := newLoopbackLab(t, func(cfg *Config) { cfg.Limits.Rooms, cfg.Limits.RoomMembers = 2, 3 })
	p := l.people("r", "ada", "bob", "eve")
	late := l.person("joe")
	if limits := late.welcome["limits"].(map[string]any); limits["rooms"] != 2.0 || limits["room_members"] != 3.0 {
		t.Errorf("the client is told %v", limits)
	}
	late.sendf(`{"type": "join", "room": "r"}`)
	late.expectError(roomFull)
	p[0].sendf(`{"type": "join", "room": "r"}`) // not for who is there
	p[0].expect("joined")
	p[0].sendf(`{"type": "join", "room": "s"}`)
	p[0].expect("joined")
	p[0].sendf(`{"type": "join", "room": "t"}`)
	p[0].expectError(tooManyRooms)
	p[0].sendf(`{"type": "leave", "room": "r"}`)
	p[0].expect("left")
	late.sendf(`{"type": "join", "room": "r"}`)
	late.expect("joined")
	p[0].sendf(`{"type": "join", "room": "t"}`)
	p[0].expect("joined")
}

func TestConnectionsAreBounded(t *testing.T) {
	for what, test := range map[string]struct {
		configure func(*Config)
		want      string
	}{
		"in all":      {func(cfg *Config) { cfg.Limits.Sessions = 2 }, "503"},
		"per address": {func(cfg *Config) { cfg.Limits.SessionsPerAddress = 2 }, "429"},
		"over time":   {func(cfg *Config) { cfg.Limits.PerAddress.Connects = Rate{0.001, 2} }, "429"},
	} {
		t.Run(what, func(t *testing.T) {
			l := newLoopbackLab(t, test.configure)
			l.connect()
			c := l.connect()
			if _, err := l.tryConnect(nil); err == nil || !strings.HasPrefix(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if what == "over time" {
				return
			}
			c.conn.Close()
			for range 2000 {
				if conn, err := l.tryConnect(nil); err == nil {
					conn.Close()
					return
				}
				time.Sleep(time.Millisecond)
			}
			t.Error("the place is not given back")
		})
	}
}

func TestOversizedFramesCloseWith1009(t *testing.T) {
	l := newLoopbackLab(t)
	p := l.people("r", "ada", "bob")
	text := func(size int) string {
		head, tail := `{"type": "description", "to": "`+p[1].session+`", "description": {"type": "offer", "sdp": "`, `"}}`
		return head + strings.Repeat("x", size-len(head)-len(tail)) + tail
	}
	p[0].sendText(text(frameLimit))
	p[1].expect("description")
	p[0].sendText(text(frameLimit + 1))
	p[0].expectClose(closeTooLarge)
	p[1].expect("member-left")
	p[1].expectNothing()

	early := l.connect()
	early.sendText(`{"type": "hello", "version": 1, "pad": "` + strings.Repeat("x", helloFrameLimit) + `"}`)
	early.expectClose(closeTooLarge)
}

func TestAnEndlessFrameClosesWith1009(t *testing.T) {
	l := newLoopbackLab(t)
	c := l.person("ada")
	w, err := c.conn.NextWriter(1)
	if err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		if _, err := w.Write([]byte(strings.Repeat("x", 8<<10))); err != nil {
			break
		}
	}
	c.expectClose(closeTooLarge)
}
