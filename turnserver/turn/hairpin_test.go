package turn

import (
	"bytes"
	"net/netip"
	"testing"
	"time"
)

// pair returns two clients that have allocations and permissions for each other's relayed address, which the policy would refuse as any other peer.
func pair(t *testing.T) (w *world, a, b *client, atA, atB netip.AddrPort) {
	w = newWorld(t, nil)
	a, b = w.client(alice, "alice"), w.client(bob, "bob")
	atA, atB = a.allocate(), b.allocate()
	if got := a.permit(atB); got != 0 {
		t.Fatalf("permission for a live relayed address of ours: %d", got)
	}
	if got := b.bind(0x4001, atA); got != 0 {
		t.Fatalf("channel to a live relayed address of ours: %d", got)
	}
	return w, a, b, atA, atB
}

func TestRelayToRelayStaysInside(t *testing.T) {
	w, a, b, _, atB := pair(t)
	a.sendIndication(atB, []byte("hi"))
	if len(w.toPeer) != 0 {
		t.Error("the packet left the house")
	}
	// The source is the sender's public relayed address, for which B has bound a channel.
	if got := last(w.toClient[b.tuple]); !bytes.Equal(got, []byte{0x40, 1, 0, 2, 'h', 'i'}) {
		t.Errorf("B got % x", got)
	}
	b.channelData(0x4001, []byte("ho"))
	if got := last(w.toClient[a.tuple]); !bytes.Contains(got, []byte("ho")) {
		t.Errorf("A got % x", got)
	}
}

func TestRelayToRelayNeedsThePermissionOfBoth(t *testing.T) {
	w, a, b, _, _ := pair(t)
	c := w.client(netip.MustParseAddrPort("198.51.100.3:40000"), "carol")
	atC := c.allocate()
	before := len(w.toClient[c.tuple])
	a.sendIndication(atC, []byte("hi")) // A's permission is for the address, so for every relayed address on it
	if len(w.toClient[c.tuple]) != before {
		t.Error("delivered without permission of the receiver")
	}
	w.wait(PermissionLifetime)
	n := len(w.toClient[a.tuple])
	b.channelData(0x4001, []byte("late"))
	if len(w.toClient[a.tuple]) != n {
		t.Error("delivered after the permissions")
	}
}

func TestOtherPortsOfOurRelayAddressAreNotReached(t *testing.T) {
	w, a, _, _, atB := pair(t)
	for _, port := range []uint16{3478, 8080, 9641, 22, 49151, atB.Port() + 1000} {
		before := w.core.Counters().Drops[DropNotLive]
		a.sendIndication(netip.AddrPortFrom(atB.Addr(), port), []byte("x"))
		if w.core.Counters().Drops[DropNotLive] != before+1 {
			t.Errorf("port %d: not refused", port)
		}
	}
	if len(w.toPeer) != 0 {
		t.Errorf("sent: %+v", w.toPeer)
	}
}

func TestRelayedAddressThatEndedIsNotReached(t *testing.T) {
	w, a, b, _, atB := pair(t)
	b.refresh(0)
	a.sendIndication(atB, []byte("x"))
	if len(w.toPeer) != 0 {
		t.Error("sent to a port that somebody else may have by now")
	}
}

func TestRelayToRelayAcrossShards(t *testing.T) {
	w := newWorld(t, nil)
	other := newWorld(t, func(cfg *Config) { cfg.Registry, cfg.Shard = w.registry, 1 })
	other.nextPort = 60000
	a, b := w.client(alice, "alice"), other.client(bob, "bob")
	atA, atB := a.allocate(), b.allocate()
	a.permit(atB)
	b.bind(0x4001, atA)
	a.sendIndication(atB, []byte("hi"))
	if len(w.others) != 1 {
		t.Fatalf("handed over: %+v", w.others)
	}
	e := w.others[0]
	if e.Source != atA || e.Peer != atB {
		t.Errorf("from %v to %v", e.Source, e.Peer)
	}
	other.do(other.core.Relayed(other.now, e.Source, e.Peer, e.Data))
	if got := last(other.toClient[b.tuple]); !bytes.Equal(got, []byte{0x40, 1, 0, 2, 'h', 'i'}) {
		t.Errorf("B got % x", got)
	}
}

func TestPolicyThatChangesCountsFromTheNextPacket(t *testing.T) {
	w := newWorld(t, nil)
	c := w.client(alice, "alice")
	c.allocate()
	c.bind(0x4000, peer)
	c.channelData(0x4000, []byte("1"))
	w.core.SetPolicy(NewPolicy(PolicyConfig{Deny: []netip.Prefix{netip.PrefixFrom(peer.Addr(), 32)}}))
	c.channelData(0x4000, []byte("2"))
	before := len(w.toClient[c.tuple])
	w.do(w.core.Peer(w.now, firstRelay(w), peer, []byte("3")))
	if up, down := len(w.toPeer)-1, len(w.toClient[c.tuple])-before; up != 0 || down != 0 {
		t.Errorf("relayed against the policy: %d up, %d down", up, down)
	}
	w.core.SetPolicy(NewPolicy(PolicyConfig{}))
	c.channelData(0x4000, []byte("4"))
	if len(w.toPeer) != 2 {
		t.Error("not relayed once allowed again")
	}
}

func TestDatagramsThatDoNotFitAreCountedNotCut(t *testing.T) {
	w := newWorld(t, nil)
	c := w.client(alice, "alice")
	c.allocate()
	c.bind(0x4000, peer)
	id := firstRelay(w)
	for size, fits := range map[int]bool{65503: true, 65504: false} {
		n := len(w.toClient[c.tuple])
		w.do(w.core.Peer(w.now, id, peer, make([]byte, size)))
		if got := len(w.toClient[c.tuple]) > n; got != fits {
			t.Errorf("%d bytes: relayed %v, want %v", size, got, fits)
		}
	}
	other := netip.AddrPortFrom(peer.Addr(), 7000)
	for _, size := range []int{65400, 65501, 65507} {
		w.do(w.core.Peer(w.now, id, other, make([]byte, size)))
		if got := last(w.toClient[c.tuple]); len(got) > UDP.longest() {
			t.Errorf("%d bytes became a datagram of %d", size, len(got))
		}
	}
}

func TestRelayingAllocatesNoMemory(t *testing.T) {
	w := newWorld(t, nil)
	c := w.client(alice, "alice")
	c.allocate()
	c.bind(0x4000, peer)
	id := firstRelay(w)
	up, down := AppendChannelData(nil, 0x4000, make([]byte, 172), false), make([]byte, 172)
	now := w.now.Add(time.Second)
	for name, relay := range map[string]func(){
		"up":   func() { w.core.Packet(now, c.tuple, up) },
		"down": func() { w.core.Peer(now, id, peer, down) },
	} {
		if n := testing.AllocsPerRun(1000, relay); n != 0 {
			t.Errorf("%s: %v allocations a packet", name, n)
		}
	}
}
