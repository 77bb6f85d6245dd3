package turn

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

var tcpTransport = attr(stun.AttrRequestedTransport, []byte{6, 0, 0, 0})

func withTCP(cfg *Config) { cfg.TCPRelays = true }

// tcpClient has a TCP allocation.
func (w *world) tcpClient(addr netip.AddrPort, user string) (*client, netip.AddrPort) {
	w.t.Helper()
	c := w.client(addr, user)
	c.tuple.Transport, c.tuple.Conn = TCP, 1
	res := c.request(stun.MethodAllocate, tcpTransport)
	if code(res) != 0 {
		w.t.Fatalf("allocate: %d", code(res))
	}
	return c, address(w.t, res, stun.AttrXORRelayedAddress)
}

func connectionID(id ConnID) stun.Setter {
	return attr(stun.AttrConnectionID, binary.BigEndian.AppendUint32(nil, uint32(id)))
}

// connectTo sends a Connect, and returns the id that the edge is to connect, or 0.
func (c *client) connectTo(to netip.AddrPort) (m *stun.Message, id ConnID, answer *stun.Message) {
	c.t.Helper()
	m = c.build(stun.MethodConnect, peerAddress(to))
	for _, e := range c.core.Packet(c.now, c.tuple, m.Raw) {
		switch e.Op {
		case ConnectPeer:
			id = e.Conn
		case SendClient:
			answer = c.decode(bytes.Clone(e.Data), m)
		}
	}
	return m, id, answer
}

// dataStream is the stream that a client opens for a connection.
func (c *client) dataStream(n uint32) *client {
	d := *c
	d.tuple.Client = netip.AddrPortFrom(c.tuple.Client.Addr(), uint16(50000+n))
	d.tuple.Conn = 100 + n
	d.challenge()
	return &d
}

// splice sends a ConnectionBind and tells what it is answered, and whether the edge is to join the streams.
func (c *client) splice(id ConnID) (answer int, meter *Meter) {
	m := c.build(stun.MethodConnectionBind, connectionID(id))
	for _, e := range c.core.Packet(c.now, c.tuple, m.Raw) {
		switch e.Op {
		case Splice:
			meter = e.Meter
		case SendClient:
			answer = code(c.decode(bytes.Clone(e.Data), m))
		}
	}
	return answer, meter
}

func TestConnectAndConnectionBindJoinTwoStreams(t *testing.T) {
	w := newWorld(t, withTCP)
	c, _ := w.tcpClient(alice, "alice")
	m, id, answer := c.connectTo(peer)
	if id == 0 || answer != nil {
		t.Fatalf("id %d, answered %v before the peer is there", id, answer)
	}
	w.do(w.core.Connected(w.now, id))
	res := c.decode(last(w.toClient[c.tuple]), m)
	r := request{Message: *res}
	if got, _, _ := r.uint32Attr(stun.AttrConnectionID); code(res) != 0 || ConnID(got) != id {
		t.Fatalf("code %d, id %d", code(res), got)
	}
	d := c.dataStream(1)
	if got, meter := d.splice(id); got != 0 || meter == nil {
		t.Fatalf("ConnectionBind: %d", got)
	} else {
		meter.Sent(w.now, 1000)
		meter.Received(w.now, 500)
	}
	if got, _ := c.dataStream(2).splice(id); got != 400 {
		t.Errorf("bound twice: %d, want 400", got)
	}
	w.wait(connectionTime + time.Second)
	if len(w.core.conns) != 1 {
		t.Error("a bound connection ends by itself")
	}
	session := &w.core.clients[c.tuple].session
	w.do(w.core.ConnClosed(w.now, id))
	if session.Sent.Bytes != 1000 || session.Received.Bytes != 500 {
		t.Errorf("counted %+v, %+v", session.Sent, session.Received)
	}
	c.refresh(0)
	w.checkEmpty()
}

func TestErrorsOfTCPAllocationsHaveTheCodeOfTheRFC(t *testing.T) {
	w := newWorld(t, withTCP)
	udp := w.client(bob, "bob")
	if got := code(udp.request(stun.MethodAllocate, tcpTransport)); got != 400 {
		t.Errorf("TCP allocation over UDP: %d, want 400", got)
	}
	for name, a := range map[string]stun.Setter{"EVEN-PORT": evenPortAttr(0), "RESERVATION-TOKEN": attr(stun.AttrReservationToken, make([]byte, 8))} {
		c := w.client(bob, "bob")
		c.tuple.Transport, c.tuple.Conn = TCP, 7
		if got := code(c.request(stun.MethodAllocate, tcpTransport, a)); got != 400 {
			t.Errorf("TCP allocation with %s: %d, want 400", name, got)
		}
	}
	off := newWorld(t, nil).client(alice, "alice")
	off.tuple.Transport = TCP
	if got := code(off.request(stun.MethodAllocate, tcpTransport)); got != 442 {
		t.Errorf("where it is off: %d, want 442", got)
	}

	c, _ := w.tcpClient(alice, "alice")
	for name, tt := range map[string]struct {
		to   string
		want int
	}{
		"loopback": {"127.0.0.1:5000", 403}, "low port": {"9.9.9.9:22", 403}, "our own listener": {"203.0.113.7:3478", 403}, "other family": {"[2606:2800::1]:5000", 443},
	} {
		if _, id, res := c.connectTo(netip.MustParseAddrPort(tt.to)); res == nil || code(res) != tt.want || id != 0 {
			t.Errorf("Connect to %s: %v, want %d", name, res, tt.want)
		}
	}
	if got := code(c.request(stun.MethodConnect)); got != 400 {
		t.Errorf("Connect without peer: %d, want 400", got)
	}
	if got := c.bind(0x4000, peer); got != 400 {
		t.Errorf("ChannelBind on a TCP allocation: %d, want 400", got)
	}
	_, id, _ := c.connectTo(peer)
	if _, _, res := c.connectTo(peer); res == nil || code(res) != 446 {
		t.Errorf("Connect to the same peer again: %v, want 446", res)
	}
	w.do(w.core.ConnectFailed(w.now, id))
	res := new(stun.Message)
	_ = stun.Decode(last(w.toClient[c.tuple]), res)
	if code(res) != 447 {
		t.Errorf("a peer that does not answer: %d, want 447", code(res))
	}
	if got, _ := c.dataStream(1).splice(id); got != 400 {
		t.Errorf("ConnectionBind of what failed: %d, want 400", got)
	}
	u := w.client(netip.AddrPortFrom(alice.Addr(), 41000), "alice")
	u.allocate()
	if got := code(u.request(stun.MethodConnect, peerAddress(peer))); got != 400 {
		t.Errorf("Connect on a UDP allocation: %d, want 400", got)
	}
}

func TestPeerThatConnectsIsAnnouncedIfPermitted(t *testing.T) {
	w := newWorld(t, withTCP)
	c, _ := w.tcpClient(alice, "alice")
	relay := firstRelay(w)
	if got := w.core.Accepted(w.now, relay, peer); len(got) != 0 {
		t.Fatalf("without permission: %+v", got)
	}
	c.permit(peer)
	effects := w.core.Accepted(w.now, relay, peer)
	if len(effects) != 2 || effects[0].Op != AcceptPeer {
		t.Fatalf("effects: %+v", effects)
	}
	id := effects[0].Conn
	m := new(stun.Message)
	if err := stun.Decode(effects[1].Data, m); err != nil || m.Type != stun.NewType(stun.MethodConnectionAttempt, stun.ClassIndication) {
		t.Fatalf("%v %v", m, err)
	}
	r := request{Message: *m}
	if got, _, _ := r.uint32Attr(stun.AttrConnectionID); ConnID(got) != id || address(t, m, stun.AttrXORPeerAddress) != peer {
		t.Errorf("announced %v", m)
	}
	if got := w.core.Accepted(w.now, relay, peer); len(got) != 0 {
		t.Error("the same peer twice")
	}
	// Somebody else may not have it.
	mallory, _ := w.tcpClient(bob, "mallory")
	if got, _ := mallory.dataStream(1).splice(id); got != 400 {
		t.Errorf("ConnectionBind by somebody else: %d, want 400", got)
	}
	// And it waits for half a minute.
	w.wait(connectionTime + 2*time.Second)
	if len(w.core.conns) != 0 || len(w.registry.conns) != 0 {
		t.Error("it waits for ever")
	}
	if got, _ := c.dataStream(1).splice(id); got != 400 {
		t.Errorf("ConnectionBind too late: %d, want 400", got)
	}
}

func TestConnectionsEndWithTheirAllocation(t *testing.T) {
	w := newWorld(t, withTCP)
	c, _ := w.tcpClient(alice, "alice")
	_, id, _ := c.connectTo(peer)
	w.do(w.core.Connected(w.now, id))
	c.dataStream(1).splice(id)
	_, waiting, _ := c.connectTo(netip.AddrPortFrom(peer.Addr(), 5001))
	closed := make(map[ConnID]bool)
	for _, e := range w.core.Closed(w.now, c.tuple) {
		if e.Op == CloseConn {
			closed[e.Conn] = true
		}
		if e.Op == CloseRelay {
			delete(w.relays, e.Relay)
		}
	}
	if !closed[id] || !closed[waiting] {
		t.Errorf("closed %v, want both", closed)
	}
	w.checkEmpty()
	if got := w.core.Connected(w.now, waiting); len(got) != 1 || got[0].Op != CloseConn {
		t.Errorf("a peer that answers afterwards: %+v", got)
	}
}

func TestTCPRelaysReachEachOther(t *testing.T) {
	w := newWorld(t, withTCP)
	a, atA := w.tcpClient(alice, "alice")
	_, atB := w.tcpClient(bob, "bob")
	if _, id, res := a.connectTo(atB); id == 0 {
		t.Errorf("a live TCP relay of ours is refused: %v", res)
	}
	u := w.client(netip.AddrPortFrom(alice.Addr(), 41000), "alice")
	atU := u.allocate()
	if _, id, res := a.connectTo(atU); id != 0 || code(res) != 403 {
		t.Errorf("the TCP port of a UDP relay, which may be anybody's: %v, want 403", res)
	}
	if _, live := w.registry.Owner(atA); live {
		t.Error("UDP data could go to a TCP relay")
	}
}

func TestConnectionsOfAnAllocationAreCapped(t *testing.T) {
	w := newWorld(t, func(cfg *Config) { cfg.TCPRelays, cfg.MaxPermissions = true, 3 })
	c, _ := w.tcpClient(alice, "alice")
	for i := range uint16(3) {
		if _, id, res := c.connectTo(netip.AddrPortFrom(peer.Addr(), 5000+i)); id == 0 {
			t.Fatalf("%d: %v", i, res)
		}
	}
	if _, _, res := c.connectTo(netip.AddrPortFrom(peer.Addr(), 6000)); res == nil || code(res) != 508 {
		t.Errorf("the fourth: %v, want 508", res)
	}
}

func TestMeterPacesToTheBandwidth(t *testing.T) {
	w := newWorldWithLimits(t, Limits{BandwidthPerAllocation: 100_000}, withTCP)
	c, _ := w.tcpClient(alice, "alice")
	_, id, _ := c.connectTo(peer)
	w.do(w.core.Connected(w.now, id))
	_, meter := c.dataStream(1).splice(id)
	start := w.now
	for range 100 { // 1 MB
		w.now = w.now.Add(meter.Sent(w.now, 10_000))
	}
	if d := w.now.Sub(start); d < 9*time.Second || d > 11*time.Second {
		t.Errorf("1 MB at 100 kB a second took %v", d)
	}
}

func TestConnectionIsBoundAfterTheCredentialHasExpired(t *testing.T) {
	w := newWorld(t, withTCP)
	c, _ := w.tcpClient(alice, "alice")
	c.refresh(3600)
	w.wait(50 * time.Minute)
	c.challenge()
	if got := c.refresh(3600); got != 0 {
		t.Fatal(got)
	}
	w.wait(20 * time.Minute) // the credential lives for 60
	c.challenge()
	_, id, _ := c.connectTo(peer)
	w.do(w.core.Connected(w.now, id))
	mallory := c.dataStream(2)
	mallory.password = "wrong"
	if got, meter := mallory.splice(id); got != 401 || meter != nil {
		t.Errorf("with a wrong password: %d, want 401", got)
	}
	if got, meter := c.dataStream(1).splice(id); got != 0 || meter == nil {
		t.Errorf("got %d", got)
	}
}
