package signal

import "testing"

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
