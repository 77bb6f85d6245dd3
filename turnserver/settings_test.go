package turnserver

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

func TestUpdateDisturbsNoCall(t *testing.T) {
	peer := echo(t).(*net.UDPAddr)
	s := newOpenServer(t)
	c := newRawClient(t, s)
	c.request(stun.MethodAllocate, requestedUDP)
	c.request(stun.MethodCreatePermission, peerAttr(peer))
	relays := func(what string) {
		t.Helper()
		c.send(stun.NewType(stun.MethodSend, stun.ClassIndication), peerAttr(peer), stun.RawAttribute{Type: stun.AttrData, Value: []byte("x")})
		if m := c.receive(); !m.Contains(stun.AttrData) {
			t.Errorf("%s: got %s", what, m)
		}
		c.request(stun.MethodRefresh)
	}
	relays("before")

	cfg := s.cfg
	cfg.Credentials.Secrets = []string{"quite another secret of some length"}
	if err := s.Update(cfg); err != nil {
		t.Fatal(err)
	}
	relays("after the secret was rotated away")
	old := newRawClient(t, s)
	old.username, old.password = c.username, c.password
	old.send(stun.NewType(stun.MethodAllocate, stun.ClassRequest), requestedUDP)
	old.nonce, _ = old.receive().Get(stun.AttrNonce)
	old.send(stun.NewType(stun.MethodAllocate, stun.ClassRequest), requestedUDP)
	if m := old.receive(); m.Type.Class != stun.ClassErrorResponse {
		t.Errorf("a new allocation with the old secret: %s", m)
	}
	newRawClient(t, s).request(stun.MethodAllocate, requestedUDP)

	cfg.Peers.Allow = nil
	if err := s.Update(cfg); err != nil {
		t.Fatal(err)
	}
	c.send(stun.NewType(stun.MethodSend, stun.ClassIndication), peerAttr(peer), stun.RawAttribute{Type: stun.AttrData, Value: []byte("x")})
	_ = c.conn.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
	if _, err := c.conn.Read(make([]byte, 100)); err == nil {
		t.Error("relayed to a peer that is refused by now")
	}
}

func TestBadUpdateChangesNothing(t *testing.T) {
	s := newTestServer(t, nil)
	for key, spoil := range map[string]func(*Config){
		"turn.peers.deny": func(c *Config) { c.Peers.Deny = []string{"nonsense"} },
		"turn.peers.mode": func(c *Config) { c.Peers.Mode = "nonsense" },
		"no secret":       func(c *Config) { c.Credentials.Secrets = nil },
	} {
		cfg := s.cfg
		spoil(&cfg)
		before := s.settings.Load()
		if err := s.Update(cfg); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v", key, err)
		}
		if s.settings.Load() != before {
			t.Errorf("%s: taken over in part", key)
		}
	}
}
