package peerjs

import (
	"strings"
	"testing"
	"time"

	"turnpike/signal"
	"turnpike/signal/internal/lab"
	"turnpike/signal/internal/leak"
)

func TestWhoSendsTooMuchIsSlowedDownAndLosesNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		ada, bob := b.peer("ada"), b.peer("bob")
		start := time.Now()
		go func() {
			for range 120 {
				ada.Send(offer("bob"))
			}
		}()
		for range 120 {
			bob.Expect(offered("ada", "bob"))
		}
		if waited := time.Since(start); waited < 9*time.Second || waited > 20*time.Second {
			t.Errorf("it took %v", waited)
		}
	}, func(_ *Config, door *signal.Config) {
		door.Limits.PerSession.Messages = signal.Rate{PerSecond: 10, Burst: 20}
	})
}

func TestConnectionsOfAnAddressAreBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		b.peer("a")
		b.peer("b")
		if _, err := b.Dial(at("c", "t"), nil); err == nil || !strings.HasPrefix(err.Error(), "429") {
			t.Errorf("got %v", err)
		}
	}, func(_ *Config, door *signal.Config) { door.Limits.SessionsPerAddress = 2 })

	inBubble(t, func(t *testing.T, b *bed) {
		b.peer("a")
		b.Get("/peerjs/peerjs/id", nil)
		if _, err := b.Dial(at("c", "t"), nil); err == nil || !strings.HasPrefix(err.Error(), "429") {
			t.Errorf("got %v", err)
		}
		if response, _ := b.Get("/peerjs/peerjs/id", nil); response.StatusCode != 429 {
			t.Errorf("got %s", response.Status)
		}
	}, func(_ *Config, door *signal.Config) {
		door.Limits.PerAddress.Connects = signal.Rate{PerSecond: 0.001, Burst: 2}
	})

	inBubble(t, func(t *testing.T, b *bed) {
		b.peer("a")
		if _, err := b.Dial(at("b", "t"), nil); err == nil || !strings.HasPrefix(err.Error(), "503") {
			t.Errorf("got %v", err)
		}
	}, func(_ *Config, door *signal.Config) { door.Limits.Sessions = 1 })
}

func TestAClosedLidIsSeenWithin45Seconds(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		b.peer("ada") // answers pings
		deaf := b.Silent(at("deaf", "t"))
		deaf.Conn.SetPingHandler(func(string) error { return nil })
		deaf.Listen()
		deaf.Expect(`{"type":"OPEN"}`)
		for range 10 { // as the client does
			deaf.Send(`{"type":"HEARTBEAT"}`)
			time.Sleep(30 * time.Second)
		}
		deaf.ExpectNothing()
		b.Silent(at("asleep", "t"))
		time.Sleep(50 * time.Second)
		if ids := b.server.realm.connected(); len(ids) != 1 || ids[0] != "ada" {
			t.Errorf("connected are %v", ids)
		}
	})
}

func TestASlowReaderIsClosedAndDelaysNobody(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		ada, bob := b.peer("ada"), b.peer("bob")
		slow := b.Silent(at("slow", "t"))
		start := time.Now()
		for range 300 {
			ada.Send(offer("slow"))
			ada.Send(offer("bob"))
			bob.Expect(offered("ada", "bob"))
		}
		if waited := time.Since(start); waited != 0 {
			t.Errorf("bob waited %v", waited)
		}
		slow.Listen()
		slow.ExpectClose(4400)
	})
}

func TestCloseEndsEverybodyAndLeavesNoGoroutine(t *testing.T) {
	b := new(bed)
	b.Lab = lab.OnLoopback(t, b.begin(Config{Hold: hold}))
	var all []*lab.Client
	for _, id := range []string{"ada", "bob", "eve"} {
		all = append(all, b.peer(id))
	}
	b.Silent(at("silent", "t"))
	b.Connect(at("ada", "another")).ExpectClose(signal.CloseRefused)
	start := time.Now()
	b.server.Close()
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("Close took %v", took)
	}
	for _, c := range all {
		c.ExpectClose(1001)
	}
	if _, err := b.Dial(at("late", "t"), nil); err == nil || !strings.HasPrefix(err.Error(), "503") {
		t.Errorf("after Close: %v", err)
	}
	b.server.Close()
	leak.Check(t, "turnpike/signal/peerjs.(*Server)", "turnpike/signal.(*Line)")
}
