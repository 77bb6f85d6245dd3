package turn

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

var noTicket = attr(attrMobilityTicket, nil)

func withMobility(cfg *Config) { cfg.Mobility = true }

func ticketAttr(t []byte) stun.Setter { return attr(attrMobilityTicket, t) }

// mobileClient has an allocation with a ticket and a channel to peer.
func (w *world) mobileClient(t *testing.T) (c *client, ticket []byte) {
	t.Helper()
	c = w.client(alice, "alice")
	res := c.request(stun.MethodAllocate, udpTransport, noTicket)
	if code(res) != 0 {
		t.Fatalf("allocate: %d", code(res))
	}
	c.bind(0x4000, peer)
	return c, bytes.Clone(must(res.Get(attrMobilityTicket)))
}

// moved is the same client at another address.
func (c *client) moved(to netip.AddrPort) *client {
	d := *c
	d.tuple.Client, d.nonce = to, nil
	return &d
}

func TestAllocationMovesWithItsClient(t *testing.T) {
	w := newWorld(t, withMobility)
	c, ticket := w.mobileClient(t)
	relay := firstRelay(w)
	d := c.moved(netip.MustParseAddrPort("198.51.100.99:7000"))
	res := d.request(stun.MethodRefresh, ticketAttr(ticket))
	if code(res) != 0 {
		t.Fatalf("refresh from the new address: %d", code(res))
	}
	next := bytes.Clone(must(res.Get(attrMobilityTicket)))
	if bytes.Equal(next, ticket) {
		t.Error("the ticket is the same")
	}
	w.do(w.core.Peer(w.now, relay, peer, []byte("back")))
	if got := last(w.toClient[d.tuple]); !bytes.Equal(got, []byte{0x40, 0, 0, 4, 'b', 'a', 'c', 'k'}) {
		t.Errorf("the new address got % x", got)
	}
	d.channelData(0x4000, []byte("x"))
	if len(w.toPeer) != 1 {
		t.Error("nothing is relayed from the new address")
	}
	if got := c.refresh(600); got != 437 {
		t.Errorf("the old address still has it: %d, want 437", got)
	}
	// The old ticket is void, the new one moves it on.
	e := c.moved(netip.MustParseAddrPort("198.51.100.98:7000"))
	if got := code(e.request(stun.MethodRefresh, ticketAttr(ticket))); got != 437 {
		t.Errorf("the old ticket: %d, want 437", got)
	}
	if got := code(e.once(e.build(stun.MethodRefresh, ticketAttr(next)))); got != 0 {
		t.Errorf("the new ticket: %d", got)
	}
	if w.core.Allocations() != 1 || len(w.bound) != 1 {
		t.Errorf("%d allocations, %d channels", w.core.Allocations(), len(w.bound))
	}
	w.outlive()
	w.checkEmpty()
}

func TestTicketIsOfNoUseToOthers(t *testing.T) {
	w := newWorld(t, withMobility)
	c, ticket := w.mobileClient(t)
	mallory := w.client(bob, "mallory")
	if got := code(mallory.request(stun.MethodRefresh, ticketAttr(ticket))); got != 437 {
		t.Errorf("somebody else with the ticket: %d, want 437", got)
	}
	forged := bytes.Clone(ticket)
	forged[5] ^= 1
	if got := code(c.moved(bob).request(stun.MethodRefresh, ticketAttr(forged))); got != 437 {
		t.Errorf("a forged ticket: %d, want 437", got)
	}
	if got := c.refresh(600); got != 0 {
		t.Errorf("the owner: %d", got)
	}
}

func TestMobilityIsRefusedWhereItIsOff(t *testing.T) {
	c := newWorld(t, nil).client(alice, "alice")
	if got := code(c.request(stun.MethodAllocate, udpTransport, noTicket)); got != 405 {
		t.Errorf("got %d, want 405", got)
	}
	d := newWorld(t, withMobility).client(alice, "alice")
	if got := code(d.request(stun.MethodAllocate, udpTransport, ticketAttr([]byte("x")))); got != 400 {
		t.Errorf("a ticket in an Allocate: %d, want 400", got)
	}
}

func TestTicketNamesItsShard(t *testing.T) {
	w := newWorld(t, withMobility)
	other := newWorld(t, func(cfg *Config) { cfg.Registry, cfg.Shard, cfg.Mobility = w.registry, 1, true })
	c, ticket := w.mobileClient(t)
	d := c.moved(netip.MustParseAddrPort("198.51.100.99:7000"))
	d.nonce = other.core.nonces.make(d.tuple, w.now, 0)
	m := d.build(stun.MethodRefresh, ticketAttr(ticket))
	effects := other.core.Packet(w.now, d.tuple, m.Raw)
	if len(effects) != 1 || effects[0].Op != Forward || effects[0].Shard != 0 {
		t.Fatalf("effects on the other shard: %+v", effects)
	}
	if got := code(d.once(m)); got != 0 {
		t.Errorf("on its own shard: %d", got)
	}
}

func TestMovedAllocationCountsForItsNewAddress(t *testing.T) {
	w := newWorldWithLimits(t, Limits{PerAddress: 1}, withMobility)
	c, ticket := w.mobileClient(t)
	d := c.moved(netip.MustParseAddrPort("9.9.9.9:7000"))
	if got := code(d.request(stun.MethodRefresh, ticketAttr(ticket))); got != 0 {
		t.Fatal(got)
	}
	if got := code(w.client(netip.AddrPortFrom(alice.Addr(), 50000), "bob").request(stun.MethodAllocate, udpTransport)); got != 0 {
		t.Errorf("the old address is still counted: %d", got)
	}
	if got := code(w.client(netip.MustParseAddrPort("9.9.9.9:7001"), "bob").request(stun.MethodAllocate, udpTransport)); got != 486 {
		t.Errorf("the new address is not counted: %d, want 486", got)
	}
}

func TestAllocationOfTwoFamiliesMovesWhicheverOfThemIsLeft(t *testing.T) {
	t.Run("IPv4 could not be had", func(t *testing.T) {
		w := newWorld(t, func(cfg *Config) { cfg.Mobility, cfg.IPv4 = true, false })
		c := w.client(alice, "alice")
		ticket := must(c.request(stun.MethodAllocate, udpTransport, additionalFamily, noTicket).Get(attrMobilityTicket))
		if got := code(c.moved(bob).request(stun.MethodRefresh, ticketAttr(ticket))); got != 0 {
			t.Errorf("got %d", got)
		}
	})
	t.Run("IPv4 was given up", func(t *testing.T) {
		w := newWorld(t, withMobility)
		c := w.client(alice, "alice")
		ticket := must(c.request(stun.MethodAllocate, udpTransport, additionalFamily, noTicket).Get(attrMobilityTicket))
		if got := code(c.request(stun.MethodRefresh, family(IPv4), lifetime(0))); got != 0 {
			t.Fatal(got)
		}
		res := c.moved(bob).request(stun.MethodRefresh, ticketAttr(ticket))
		if got := code(res); got != 0 {
			t.Fatalf("got %d", got)
		}
		ticket = must(res.Get(attrMobilityTicket))
		if got := code(c.request(stun.MethodRefresh, ticketAttr(ticket))); got != 0 {
			t.Errorf("back again: %d", got)
		}
		w.outlive()
		w.checkEmpty()
	})
}

func TestMovedChannelIsAnnouncedForAsLongAsItLives(t *testing.T) {
	w := newWorld(t, withMobility)
	c, ticket := w.mobileClient(t)
	w.wait(9 * time.Minute)
	c.permit(peer) // outlives the channel
	d := c.moved(bob)
	d.challenge()
	for _, e := range w.core.Packet(w.now, d.tuple, d.build(stun.MethodRefresh, ticketAttr(ticket)).Raw) {
		if e.Op == Bound && e.Deadline.After(w.core.clients[d.tuple].channels.get(0x4000).expires) {
			t.Errorf("announced until %v, but lives until %v", e.Deadline, w.core.clients[d.tuple].channels.get(0x4000).expires)
		}
	}
}
