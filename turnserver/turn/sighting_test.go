package turn

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

// watch collects what is seen of a user; from nobody's network, if addr is not said.
func (w *world) watch(user string, addr ...netip.Addr) (seen *[]Sighting, stop func()) {
	seen = new([]Sighting)
	stop = w.registry.Watch(user, append(addr, netip.MustParseAddr("192.0.2.99"))[0], func(s Sighting) { *seen = append(*seen, s) })
	return seen, stop
}

func kinds(seen []Sighting) (list []Kind) {
	for _, s := range seen {
		list = append(list, s.Kind)
	}
	return list
}

func TestWatchedUserIsSeenFromChallengeToEnd(t *testing.T) {
	w := newWorld(t, nil)
	seen, _ := w.watch("alice", alice.Addr())
	c := w.client(alice, "alice")
	relayed := c.allocate()
	c.permit(peer)
	c.bind(0x4000, peer)
	c.channelData(0x4000, []byte("12345"))
	c.refresh(0)
	want := []Sighting{
		{Kind: SawChallenge, Request: "Allocate", Code: 401},
		{Kind: SawAllocation, User: "alice", Relay: relayed},
		{Kind: SawPermission, User: "alice", Relay: relayed, Peer: peer},
		{Kind: SawChannel, User: "alice", Relay: relayed, Peer: peer},
		{Kind: SawTraffic, User: "alice", Relay: relayed, Sent: Traffic{1, 5}},
		{Kind: SawEnd, User: "alice", Relay: relayed, Reason: "deleted by client", Sent: Traffic{1, 5}},
	}
	for i := range want {
		want[i].At, want[i].Client = w.now, c.tuple
	}
	if !reflect.DeepEqual(*seen, want) {
		t.Errorf("seen:\n%+v\nwant:\n%+v", *seen, want)
	}
}

func TestTrafficIsSeenAtOnceEachWayAndThenOnceASecond(t *testing.T) {
	w := newWorld(t, nil)
	seen, _ := w.watch("alice")
	c := w.client(alice, "alice")
	c.allocate()
	c.permit(peer)
	*seen = nil
	id := firstRelay(w)
	for range 100 {
		c.sendIndication(peer, []byte("four"))
		w.do(w.core.Peer(w.now, id, peer, []byte("five5")))
	}
	var got []string
	w.wait(3 * time.Second)
	for _, s := range *seen {
		got = append(got, fmt.Sprint(s.Kind, s.Sent, s.Received))
	}
	if want := []string{"relayed{1 4} {0 0}", "relayed{1 4} {1 5}", "relayed{100 400} {100 500}"}; !slices.Equal(got, want) {
		t.Errorf("seen: %v, want %v", got, want)
	}
	if len(w.core.untold) != 0 {
		t.Error("there is still something to tell")
	}
}

func TestRefusalsAreSeenWithTheirReason(t *testing.T) {
	allocate := func(c *client) { c.once(c.build(stun.MethodAllocate, udpTransport)) }
	tests := map[string]struct {
		limits Limits
		change func(*client) // before what is refused
		act    func(*client)
		want   Sighting
	}{
		"expired": {
			change: func(c *client) {
				c.username, c.password, _ = c.core.credentials.Sign("alice", -time.Hour, c.now)
			},
			act: allocate, want: Sighting{Kind: SawRefusal, Code: 401, Reason: "expired", By: time.Hour},
		},
		"wrong password": {
			change: func(c *client) { c.password = "wrong" },
			act:    allocate, want: Sighting{Kind: SawRefusal, Code: 401, Reason: "wrong password"},
		},
		"unknown user": {
			change: func(c *client) { c.username = "alice" },
			act:    allocate, want: Sighting{Kind: SawRefusal, Code: 401, Reason: "unknown user"},
		},
		"revoked": {
			change: func(c *client) { c.registry.Revoke("alice", 2*time.Hour, c.now) },
			act:    allocate, want: Sighting{Kind: SawRefusal, Code: 401, Reason: "revoked"},
		},
		"stale nonce": {
			change: func(c *client) { c.nonce = []byte("AAAAAAAAAAAAAAAAAAAA") },
			act:    allocate, want: Sighting{Kind: SawRefusal, Code: 438, Reason: "stale nonce"},
		},
		"quota of the user": {
			limits: Limits{PerUser: 1},
			change: func(c *client) { c.client(bob, "alice").allocate() },
			act:    allocate, want: Sighting{Kind: SawRefusal, Code: 486, Reason: "quota", Limit: 1},
		},
		"quota of the address": {
			limits: Limits{PerAddress: 1},
			change: func(c *client) { c.client(netip.AddrPortFrom(alice.Addr(), 1), "bob").allocate() },
			act:    allocate, want: Sighting{Kind: SawRefusal, Code: 486, Reason: "quota", Limit: 1},
		},
		"quota of all": {
			limits: Limits{Total: 1},
			change: func(c *client) { c.client(bob, "bob").allocate() },
			act:    allocate, want: Sighting{Kind: SawRefusal, Code: 508, Reason: "quota", Limit: 1},
		},
		"ports used up": {
			change: func(c *client) { c.full = true },
			act:    allocate, want: Sighting{Kind: SawRefusal, Code: 508, Reason: "ports used up"},
		},
		"draining": {
			change: func(c *client) { c.core.SetDraining(true) },
			act:    allocate, want: Sighting{Kind: SawRefusal, Code: 486, Reason: "draining"},
		},
		"family": {
			act:  func(c *client) { c.once(c.build(stun.MethodAllocate, udpTransport, family(7))) },
			want: Sighting{Kind: SawRefusal, Code: 440, Reason: "family"},
		},
		"no allocation": {
			act:  func(c *client) { c.refresh(0) },
			want: Sighting{Kind: SawRefusal, Request: "Refresh", Code: 437, Reason: "allocation mismatch"},
		},
		"permission for a refused peer": {
			change: func(c *client) { c.allocate() },
			act:    func(c *client) { c.permit(netip.MustParseAddrPort("10.0.0.5:9000")) },
			want:   Sighting{Kind: SawRefusedPeer, Request: "CreatePermission", Code: 403, Reason: "forbidden", Peer: netip.MustParseAddrPort("10.0.0.5:9000")},
		},
		"permission for the other family": {
			change: func(c *client) { c.allocate() },
			act:    func(c *client) { c.permit(peer6) },
			want:   Sighting{Kind: SawRefusedPeer, Request: "CreatePermission", Code: 443, Reason: "family", Peer: peer6},
		},
		"channel to a refused port": {
			change: func(c *client) { c.allocate() },
			act:    func(c *client) { c.bind(0x4000, netip.AddrPortFrom(peer.Addr(), 53)) },
			want:   Sighting{Kind: SawRefusedPeer, Request: "ChannelBind", Code: 403, Reason: "port", Peer: netip.AddrPortFrom(peer.Addr(), 53)},
		},
		"too many permissions": {
			change: func(c *client) { c.core.SetLimits(1, 0); c.allocate(); c.permit(peer) },
			act:    func(c *client) { c.permit(netip.MustParseAddrPort("9.9.9.9:9")) },
			want:   Sighting{Kind: SawRefusal, Request: "CreatePermission", Code: 508, Reason: "quota", Limit: 1},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorldWithLimits(t, tt.limits, nil)
			c := w.client(alice, "alice")
			c.challenge()
			if tt.change != nil {
				tt.change(c)
			}
			seen, _ := w.watch("alice")
			tt.act(c)
			if tt.want.Request == "" {
				tt.want.Request = "Allocate"
			}
			tt.want.At, tt.want.User, tt.want.Client = w.now, "alice", c.tuple
			if len(*seen) != 1 || (*seen)[0] != tt.want {
				t.Errorf("seen:\n%+v\nwant:\n%+v", *seen, tt.want)
			}
		})
	}
}

func TestDataThatIsDroppedIsSeenOnceASecond(t *testing.T) {
	w := newWorld(t, nil)
	seen, _ := w.watch("alice")
	c := w.client(alice, "alice")
	c.allocate()
	c.permit(peer)
	*seen = nil
	low := netip.AddrPortFrom(peer.Addr(), 53)
	for range 2 {
		for range 50 {
			c.sendIndication(low, []byte("x"))
		}
		w.wait(time.Second)
	}
	for _, s := range *seen {
		if s.Kind != SawRefusedPeer || s.Reason != ReasonPort || s.Peer != low {
			t.Errorf("seen: %+v", s)
		}
	}
	if len(*seen) != 2 {
		t.Errorf("seen %d times in two seconds", len(*seen))
	}
}

func TestAnswerThatIsKeptBackIsSeenSo(t *testing.T) {
	w := newWorldWithLimits(t, Limits{Unauthenticated: 1, UnauthenticatedBurst: 1}, nil)
	seen, _ := w.watch("alice", alice.Addr())
	c := w.client(alice, "alice")
	for range 2 {
		c.send(c.tuple, c.build(stun.MethodAllocate, udpTransport).Raw)
	}
	if len(*seen) != 2 || (*seen)[0].Code != 401 || (*seen)[1].Code != 0 || (*seen)[1].Reason != ReasonTooMany {
		t.Errorf("seen: %+v", *seen)
	}
}

func TestNothingIsSeenOfOthersOrAfterTheStop(t *testing.T) {
	w := newWorld(t, nil)
	seen, stop := w.watch("alice", alice.Addr())
	act := func(addr netip.AddrPort, user string) {
		c := w.client(addr, user)
		c.allocate()
		c.permit(peer)
		c.bind(0x4000, peer)
		c.channelData(0x4000, []byte("x"))
		c.permit(netip.MustParseAddrPort("10.0.0.5:9000"))
		c.refresh(0)
		c.password = "wrong"
		c.once(c.build(stun.MethodAllocate, udpTransport))
		w.wait(2 * time.Second)
	}
	act(bob, "bob")
	if len(*seen) != 0 {
		t.Errorf("seen of somebody else: %v", *seen)
	}
	act(netip.AddrPortFrom(alice.Addr(), 1), "bob") // behind the same NAT
	if got := kinds(*seen); !slices.Equal(got, []Kind{SawChallenge}) {
		t.Errorf("seen of somebody else on the same network: %v, want the challenge alone", got)
	}
	*seen = nil
	act(alice, "alice")
	if len(*seen) < 8 {
		t.Errorf("seen: %v", kinds(*seen))
	}
	*seen = nil
	stop()
	act(alice, "alice")
	if len(*seen) != 0 {
		t.Errorf("seen after the stop: %v", *seen)
	}
	if w.registry.watches.list.Load() != nil {
		t.Error("the list is left")
	}
}

func TestUsersWithPasswordsAreSeenByName(t *testing.T) {
	w := newWorld(t, func(cfg *Config) {
		cfg.Credentials = NewCredentials(Credentials{Realm: testRealm, Secrets: [][]byte{[]byte(testSecret)}, TTL: time.Hour, Users: map[string]string{"17:x": "password"}})
	})
	seen, _ := w.watch("17:x")
	c := w.client(alice, "alice")
	c.challenge()
	c.username, c.password = "17:x", "wrong"
	c.once(c.build(stun.MethodAllocate, udpTransport))
	c.password = "password"
	c.allocate()
	if got := kinds(*seen); !slices.Equal(got, []Kind{SawRefusal, SawAllocation}) {
		t.Errorf("seen: %v", got)
	}
}
