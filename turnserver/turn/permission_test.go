package turn

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

func TestPermissionsAndChannelsAreCapped(t *testing.T) {
	w := newWorld(t, func(cfg *Config) { cfg.MaxPermissions = 3 })
	c := w.client(alice, "alice")
	c.allocate()
	p := func(i byte) netip.AddrPort { return netip.AddrPortFrom(netip.AddrFrom4([4]byte{9, 9, 9, i}), 5000) }
	// All or none: four at once do not fit.
	if got := code(c.request(stun.MethodCreatePermission, peerAddress(p(1)), peerAddress(p(2)), peerAddress(p(3)), peerAddress(p(4)))); got != 508 {
		t.Errorf("four at once: %d, want 508", got)
	}
	if n := w.core.clients[c.tuple].permissions.len(); n != 0 {
		t.Errorf("%d of four were installed", n)
	}
	for i := range byte(3) {
		if got := c.permit(p(i)); got != 0 {
			t.Fatalf("permission %d: %d", i, got)
		}
	}
	if got := c.permit(p(9)); got != 508 {
		t.Errorf("the fourth: %d, want 508", got)
	}
	if got := c.permit(p(1)); got != 0 {
		t.Errorf("refreshing one when full: %d", got)
	}
	for i := range uint16(3) {
		if got := c.bind(0x4000+i, netip.AddrPortFrom(p(0).Addr(), 5000+i)); got != 0 {
			t.Fatalf("channel %d: %d", i, got)
		}
	}
	if got := c.bind(0x4003, netip.AddrPortFrom(p(0).Addr(), 6000)); got != 508 {
		t.Errorf("the fourth channel: %d, want 508", got)
	}
}

func TestPermissionEndsAfterFiveMinutesAndChannelAfterTen(t *testing.T) {
	w := newWorld(t, nil)
	c := w.client(alice, "alice")
	c.allocate(lifetime(3600))
	c.bind(0x4000, peer)
	id := firstRelay(w)
	relays := func() bool {
		n, m := len(w.toPeer), len(w.toClient[c.tuple])
		c.channelData(0x4000, []byte("x"))
		w.do(w.core.Peer(w.now, id, peer, []byte("y")))
		up, down := len(w.toPeer) > n, len(w.toClient[c.tuple]) > m
		if up != down {
			t.Errorf("relayed up %v, down %v", up, down)
		}
		return up
	}
	w.wait(PermissionLifetime - time.Second)
	if !relays() {
		t.Error("not relayed before five minutes")
	}
	w.now = w.now.Add(time.Second) // without a tick: the deadline counts, not the sweep
	if relays() {
		t.Error("relayed after the permission")
	}
	c.permit(peer)
	if !relays() {
		t.Error("not relayed with a new permission")
	}
	w.wait(4 * time.Minute)
	c.permit(peer)
	w.wait(time.Minute + time.Second)
	n := len(w.toPeer)
	c.channelData(0x4000, []byte("x"))
	if len(w.toPeer) != n {
		t.Error("relayed after the channel")
	}
	if len(w.bound) != 0 {
		t.Error("the data path still has the channel")
	}
}

func TestChannelAndPeerAreBoundToOneAnotherOnly(t *testing.T) {
	w := newWorld(t, nil)
	c := w.client(alice, "alice")
	c.allocate()
	other := netip.MustParseAddrPort("9.9.9.9:5000")
	if got := c.bind(0x4000, peer); got != 0 {
		t.Fatal(got)
	}
	if got := c.bind(0x4000, other); got != 400 {
		t.Errorf("same number, other peer: %d, want 400", got)
	}
	if got := c.bind(0x4001, peer); got != 400 {
		t.Errorf("same peer, other number: %d, want 400", got)
	}
	if got := c.bind(0x4000, peer); got != 0 {
		t.Errorf("binding again refreshes: %d", got)
	}
	if len(w.bound) != 1 {
		t.Errorf("announced: %v", w.bound)
	}
}

func TestPermissionThatIsRefreshedIsAnnouncedWithItsChannels(t *testing.T) {
	w := newWorld(t, nil)
	c := w.client(alice, "alice")
	c.allocate()
	c.bind(0x4000, peer)
	w.wait(4 * time.Minute)
	m := c.build(stun.MethodCreatePermission, peerAddress(netip.AddrPortFrom(peer.Addr(), 1)))
	var until time.Time
	for _, e := range w.core.Packet(w.now, c.tuple, m.Raw) {
		if e.Op == Bound && e.Channel == 0x4000 && e.Peer == peer {
			until = e.Deadline
		}
	}
	if want := w.now.Add(PermissionLifetime); !until.Equal(want) {
		t.Errorf("announced until %v, want %v", until, want)
	}
}
