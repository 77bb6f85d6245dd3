package turn

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

func TestRelaysModeReachesLiveRelaysAndNothingElse(t *testing.T) {
	w := newWorld(t, func(cfg *Config) {
		cfg.Policy = NewPolicy(PolicyConfig{Allow: []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.PrefixFrom(peer.Addr(), 32)}, Own: []netip.Addr{relayIP}, Mode: Relays})
	})
	a, b := w.client(alice, "alice"), w.client(bob, "bob")
	a.allocate()
	atB := b.allocate()
	if got := a.permit(peer); got != 403 {
		t.Errorf("somebody on the internet, even if allowed: %d, want 403", got)
	}
	if got := a.permit(atB); got != 0 {
		t.Errorf("a live relay: %d", got)
	}
}

func TestSignaledModeReachesWhomOneHasMet(t *testing.T) {
	w := newWorld(t, func(cfg *Config) { cfg.Policy = testPolicy(Signaled) })
	c := w.client(alice, "alice")
	c.allocate()
	bobsHome, bobsOther := netip.MustParseAddrPort("9.9.9.9:4000"), netip.MustParseAddrPort("8.8.8.8:4000")
	d := w.client(bobsOther, "bob")
	d.allocate()
	reach := func(p netip.AddrPort) int { return c.permit(p) }
	if got := reach(bobsHome); got != 403 {
		t.Errorf("before they met: %d, want 403", got)
	}
	w.registry.Meet("alice", "bob", bobsHome.Addr())
	if got := reach(bobsHome); got != 0 {
		t.Errorf("where his session came from: %d", got)
	}
	if got := reach(bobsOther); got != 0 {
		t.Errorf("where his allocation came from: %d", got)
	}
	if got := reach(peer); got != 403 {
		t.Errorf("somebody else: %d, want 403", got)
	}
	// The deny list still counts: a candidate, or a session on the same private network, grants nothing there.
	w.registry.Meet("alice", "bob", netip.MustParseAddr("10.0.0.7"))
	if got := reach(netip.MustParseAddrPort("10.0.0.7:4000")); got != 403 {
		t.Errorf("a private address: %d, want 403", got)
	}
	c.bind(0x4000, bobsHome)
	c.channelData(0x4000, []byte("1"))
	w.registry.Part("alice", "bob", bobsHome.Addr())
	d.refresh(0)
	w.registry.Part("alice", "bob", netip.MustParseAddr("10.0.0.7"))
	c.channelData(0x4000, []byte("2"))
	if len(w.toPeer) != 1 {
		t.Errorf("%d packets relayed, want the one before they parted", len(w.toPeer))
	}
	if len(w.registry.meetings.of) != 0 {
		t.Error("meetings are left")
	}
	w.registry.Part("alice", "bob", bobsHome.Addr()) // once too often does nothing
}

func TestMeetingsAreCounted(t *testing.T) {
	w := newWorld(t, func(cfg *Config) { cfg.Policy = testPolicy(Signaled) })
	c := w.client(alice, "alice")
	c.allocate()
	w.registry.Meet("alice", "bob", peer.Addr())
	w.registry.Meet("alice", "bob", peer.Addr())
	w.registry.Part("alice", "bob", peer.Addr())
	if got := c.permit(peer); got != 0 {
		t.Errorf("they still share one room: %d", got)
	}
}

func TestBandwidthIsHeldBothWays(t *testing.T) {
	const limit, size = 100_000, 1000 // bytes a second, bytes a packet
	for name, limits := range map[string]Limits{
		"per allocation": {BandwidthPerAllocation: limit}, "per user": {BandwidthPerUser: limit}, "in all": {Bandwidth: limit},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorldWithLimits(t, limits, nil)
			c := w.client(alice, "alice")
			c.allocate()
			c.bind(0x4000, peer)
			id, start := firstRelay(w), w.now
			frame, down := AppendChannelData(nil, 0x4000, make([]byte, size), false), 0
			for w.now.Sub(start) < 10*time.Second { // five times the limit
				w.now = w.now.Add(2 * time.Millisecond)
				w.do(w.core.Packet(w.now, c.tuple, frame))
				before := len(w.toClient[c.tuple])
				w.do(w.core.Peer(w.now, id, peer, make([]byte, size)))
				down += len(w.toClient[c.tuple]) - before
			}
			for way, n := range map[string]int{"up": len(w.toPeer), "down": down} {
				if got := n * size / 10; got < limit*98/100 || got > limit*105/100 {
					t.Errorf("%s: %d bytes a second, want %d", way, got, limit)
				}
			}
			if w.core.Counters().Drops[DropBandwidth] == 0 {
				t.Error("not counted")
			}
		})
	}
}

func TestBandwidthOfAUserIsSharedByTheAllocations(t *testing.T) {
	w := newWorldWithLimits(t, Limits{BandwidthPerUser: 10_000}, nil)
	var clients []*client
	for i := range 4 {
		c := w.client(netip.AddrPortFrom(alice.Addr(), uint16(40000+i)), "alice")
		c.allocate()
		c.bind(0x4000, peer)
		clients = append(clients, c)
	}
	for range 100 {
		w.now = w.now.Add(10 * time.Millisecond)
		for _, c := range clients {
			c.channelData(0x4000, make([]byte, 1000))
		}
	}
	if n := len(w.toPeer); n < 10 || n > 14 {
		t.Errorf("%d packets of 1000 bytes in a second at 10,000 bytes a second", n)
	}
}

func TestStrangersAreAnsweredWithinTheirBudget(t *testing.T) {
	w := newWorldWithLimits(t, Limits{Unauthenticated: 200, UnauthenticatedBurst: 2000}, nil)
	flood := func(addr string) (answers int) {
		for i := range 10_000 {
			c := &client{world: w, tuple: FiveTuple{Client: netip.AddrPortFrom(netip.MustParseAddr(addr), uint16(i)), Server: serverAddr}}
			answers += len(w.send(c.tuple, c.build(stun.MethodAllocate, udpTransport).Raw))
		}
		return answers
	}
	if n := flood("9.9.9.9"); n < 1900 || n > 2100 {
		t.Errorf("%d of 10,000 at once were answered, want about 2,000", n)
	}
	if n := flood("8.8.8.8"); n < 1900 {
		t.Errorf("another address got %d", n)
	}
	w.wait(time.Second)
	if n := flood("9.9.9.9"); n < 190 || n > 210 {
		t.Errorf("a second later: %d, want about 200", n)
	}
	// The same /64 is one client.
	if n := flood("2001:db8:1::1") + flood("2001:db8:1::2"); n > 2100 {
		t.Errorf("two addresses of one /64 got %d", n)
	}
	// Who has credentials is not affected, and neither are streams.
	c := w.client(netip.MustParseAddrPort("9.9.9.9:40000"), "alice")
	c.nonce = w.core.nonces.make(c.tuple, w.now, 0)
	c.allocate()
	d := w.client(netip.MustParseAddrPort("9.9.9.9:40001"), "alice")
	d.tuple.Transport, d.tuple.Conn = TCP, 1
	d.allocate()
	if w.core.Counters().Drops[DropBudget] == 0 {
		t.Error("not counted")
	}
}

func TestFamilyFollowsTheClientWhereConfigured(t *testing.T) {
	w := newWorld(t, func(cfg *Config) { cfg.FollowFamily = true })
	if got := w.client(netip.MustParseAddrPort("[2606:2800::9]:4000"), "alice").allocate(); got.Addr() != relayIP6 {
		t.Errorf("an IPv6 client got %v", got)
	}
	if got := w.client(bob, "bob").allocate(); got.Addr() != relayIP {
		t.Errorf("an IPv4 client got %v", got)
	}
}

func TestDatagramThatNoRecordHoldsIsDropped(t *testing.T) {
	w := newWorld(t, nil)
	c := w.client(alice, "alice")
	c.tuple.Transport = DTLS
	c.allocate()
	c.permit(peer)
	id := firstRelay(w)
	for size, want := range map[int]int{1200: 1, 1<<14 - 60: 1, 1 << 14: 0, 30_000: 0} {
		before := len(w.toClient[c.tuple])
		w.do(w.core.Peer(w.now, id, peer, make([]byte, size)))
		if got := len(w.toClient[c.tuple]) - before; got != want {
			t.Errorf("%d bytes: %d sent", size, got)
		}
	}
	if got := w.core.Counters().Drops[DropLength]; got != 2 {
		t.Errorf("%d counted", got)
	}
}
