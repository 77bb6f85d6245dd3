package signal

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// relay stands for what sees the users of tests.
type relay struct {
	mu      sync.Mutex
	watched map[string]func(json.RawMessage) // by user and address
	ttl     time.Duration                    // of the newest test
}

func (r *relay) configure(cfg *Config) {
	r.watched = make(map[string]func(json.RawMessage))
	cfg.Test = func(user string, ttl time.Duration, now time.Time) (ICE, []string) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.ttl = ttl
		return testICE(user, now), []string{"stun:192.0.2.1:3478", "stun:192.0.2.1:3479"}
	}
	cfg.Watch = func(user string, addr netip.Addr, saw func(json.RawMessage)) func() {
		key := fmt.Sprint(user, " ", addr)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.watched[key] = saw
		return func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			delete(r.watched, key)
		}
	}
}

// sees something of a user; it reports whether anybody watches.
func (r *relay) sees(user, sighting string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, saw := range r.watched {
		if strings.HasPrefix(key, user+" ") {
			saw(json.RawMessage(sighting))
			return true
		}
	}
	return false
}

func (r *relay) watches(user string) bool { return r.sees(user, `{"kind":"ended"}`) }

func (c *client) test() (user string) {
	c.t.Helper()
	c.sendf(`{"type": "test", "id": "9"}`)
	return c.expect("testing")["user"].(string)
}

func TestATestIsToldWhatTheRelaySeesOfItsUser(t *testing.T) {
	var r relay
	inBubble(t, func(t *testing.T, l *lab) {
		ada, bob := l.person("ada"), l.person("bob")
		ada.sendf(`{"type": "test", "id": "9"}`)
		answer := ada.expect("testing")
		user, _ := answer["user"].(string)
		ice := fmt.Sprint(answer["ice"])
		if answer["re"] != "9" || !strings.HasPrefix(user, "test-") || !strings.Contains(ice, "credential of "+user) || user == ada.welcome["user"] ||
			len(answer["discovery"].([]any)) != 2 || answer["expires_at"] != float64(time.Now().Add(testLife).UnixMilli()) || r.ttl != testLife {
			t.Errorf("got %v", answer)
		}
		other := bob.test()
		for i := range 3 {
			r.sees(user, fmt.Sprintf(`{"kind": "relayed", "by": %d}`, i))
		}
		r.sees(other, `{"kind": "allocated"}`)
		start := time.Now()
		if got := fmt.Sprint(ada.expect("relay-saw")["events"]); got != "[map[by:0 kind:relayed] map[by:1 kind:relayed] map[by:2 kind:relayed]]" {
			t.Errorf("got %s", got)
		}
		if waited := time.Since(start); waited > testDelay {
			t.Errorf("after %v", waited)
		}
		if got := fmt.Sprint(bob.expect("relay-saw")["events"]); got != "[map[kind:allocated]]" {
			t.Errorf("got %s", got)
		}
		ada.expectNothing()
	}, r.configure)
}

func TestATestEnds(t *testing.T) {
	var r relay
	inBubble(t, func(t *testing.T, l *lab) {
		ada := l.person("ada")
		first := ada.test()
		r.sees(first, `{"kind": "ended"}`)
		ada.sendf(`{"type": "test-end"}`)
		ada.expect("relay-saw") // what was seen before
		ada.expectNothing()
		if r.watches(first) {
			t.Error("not when its client says so")
		}
		ada.sendf(`{"type": "test-end"}`) // it may have ended by itself
		ada.expectNothing()

		second, third := ada.test(), ada.test()
		if r.watches(second) || !r.watches(third) {
			t.Error("not with the next test")
		}
		ada.expect("relay-saw")
		time.Sleep(testLife)
		if r.watches(third) {
			t.Error("not when its time is over")
		}
		fourth := ada.test()
		ada.conn.Close()
		synctest.Wait()
		if r.watches(fourth) {
			t.Error("not with its session")
		}
	}, r.configure)
}

func TestASightingTooManyIsTheLast(t *testing.T) {
	var r relay
	inBubble(t, func(t *testing.T, l *lab) {
		ada := l.person("ada")
		user := ada.test()
		for range 2 * testSightings {
			r.sees(user, `{"kind": "challenged"}`)
		}
		var told []any
		for len(told) < testSightings+1 {
			events := ada.expect("relay-saw")["events"].([]any)
			if len(events) > testBatch {
				t.Errorf("%d in one frame", len(events))
			}
			told = append(told, events...)
		}
		if kind := told[testSightings].(map[string]any)["kind"]; len(told) != testSightings+1 || kind != "too-many" {
			t.Errorf("%d sightings, the last %v", len(told), kind)
		}
		time.Sleep(time.Second)
		ada.expectNothing()
	}, r.configure)
}

func TestATestMovesWithItsSession(t *testing.T) {
	var r relay
	l := newLoopbackLab(t, r.configure, behindProxies)
	ada := l.connectFrom("203.0.113.1")
	ada.sendf(`{"type": "hello", "version": 1, "resume": ""}`)
	ada.welcomed()
	user := ada.test()
	again := l.connectFrom("198.51.100.7")
	again.send(map[string]any{"type": "hello", "version": 1, "resume": ada.token(), "ack": 1})
	again.welcomed()
	r.mu.Lock()
	if len(r.watched) != 1 || r.watched[user+" 198.51.100.7"] == nil {
		t.Errorf("watched are %v", slices.Collect(maps.Keys(r.watched)))
	}
	r.mu.Unlock()
	r.sees(user, `{"kind": "relayed"}`)
	again.expect("relay-saw")
}

func TestATestWithoutWebSockets(t *testing.T) {
	var r relay
	inBubble(t, func(t *testing.T, l *lab) {
		p := l.poster()
		p.hello()
		e := p.open()
		p.send(`{"type": "test", "id": "9"}`)
		user := e.expect("testing")["user"].(string)
		e.stop() // the network changes
		synctest.Wait()
		r.sees(user, `{"kind": "relayed"}`)
		time.Sleep(time.Second)
		e = p.open()
		if got := fmt.Sprint(e.expect("relay-saw")["events"]); got != "[map[kind:relayed]]" {
			t.Errorf("got %s", got)
		}
		r.sees(user, `{"kind": "ended"}`)
		e.expect("relay-saw")
		p.send(`{"type": "bye"}`)
		synctest.Wait()
		if r.watches(user) {
			t.Error("it outlives its session")
		}
	}, r.configure)
}

func TestWhoMayNotUseTheRelayMayNotTestIt(t *testing.T) {
	var r relay
	signers()
	inBubble(t, func(t *testing.T, l *lab) {
		c := l.tokenHolder(jwt.MapClaims{"relay": false})
		c.sendf(`{"type": "test", "id": "9"}`)
		if frame := c.expectError(forbidden); frame["re"] != "9" {
			t.Errorf("got %v", frame)
		}
		c = l.tokenHolder(jwt.MapClaims{"ttl": 60})
		if user := c.test(); r.ttl != time.Minute || user == "alice" {
			t.Errorf("%s tests for %v", user, r.ttl)
		}
	}, r.configure, withAuth(t))
}

func TestTestsAreBounded(t *testing.T) {
	var r relay
	inBubble(t, func(t *testing.T, l *lab) {
		people := make([]*client, testsMost+1)
		for i := range people {
			people[i] = l.device("", "")
			people[i].sendf(`{"type": "test"}`)
			if i < testsMost {
				people[i].expect("testing")
			} else {
				people[i].expectError(tooManyCode)
			}
		}
		people[0].sendf(`{"type": "test-end"}`)
		people[0].expectNothing()
		people[testsMost].test()
		for range l.server.limits.PerSession.Tests.Burst - 2 {
			people[testsMost].test()
		}
		people[testsMost].sendf(`{"type": "test"}`)
		people[testsMost].expectError(tooManyCode)
	}, r.configure, func(cfg *Config) { cfg.Limits.PerAddress.Tests = Rate{1000, 1000} })
}
