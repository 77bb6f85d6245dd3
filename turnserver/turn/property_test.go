package turn

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

// An actor plays a random but reproducible sequence of messages at random times against a core, and checks after every step what must always hold.
type actor struct {
	*world
	rnd     *rand.Rand
	clients []*client
	peers   []netip.AddrPort
	sent    []sentRequest
	tokens  [][]byte
	tickets []heldTicket
}

type heldTicket struct {
	username, password string
	ticket             []byte
}

type sentRequest struct {
	c    *client
	raw  []byte
	at   time.Time
	want [][]byte
}

func newActor(t testing.TB, rnd *rand.Rand) *actor {
	w := newWorldWithLimits(t, Limits{PerUser: 2, Total: 5}, func(cfg *Config) { cfg.MaxPermissions, cfg.Mobility = 4, true })
	a := &actor{world: w, rnd: rnd}
	w.registry.Watch("user1", alice.Addr(), func(s Sighting) {
		if s.User != "user1" && !s.Kind.nameless() {
			t.Fatalf("seen of somebody else: %+v", s)
		}
	})
	for i := range 8 {
		c := w.client(netip.AddrPortFrom(alice.Addr(), uint16(40000+i)), fmt.Sprint("user", i%4))
		if i%3 == 0 {
			c.tuple.Transport, c.tuple.Conn = TCP, uint32(i)
		}
		a.clients = append(a.clients, c)
	}
	for _, s := range []string{"9.9.9.9:5000", "9.9.9.9:5001", "8.8.8.8:53", "127.0.0.1:5000", "10.0.0.1:80", "203.0.113.7:3478", "198.51.100.1:40000", "0.0.0.0:1",
		"[2606:2800::1]:5000", "[::1]:80", "[::ffff:127.0.0.1]:80", "[2001:db8::7]:3478"} {
		a.peers = append(a.peers, netip.MustParseAddrPort(s))
	}
	return a
}

func (a *actor) peer() netip.AddrPort {
	if a.rnd.IntN(3) == 0 {
		for _, at := range a.relays {
			return at
		}
	}
	return a.peers[a.rnd.IntN(len(a.peers))]
}

func (a *actor) channel() uint16 { return uint16(0x4000 + a.rnd.IntN(4)) }

// step does one thing.
func (a *actor) step() {
	c := a.clients[a.rnd.IntN(len(a.clients))]
	peers := len(a.toPeer)
	switch a.rnd.IntN(16) {
	case 0:
		a.try(c, stun.MethodAllocate, udpTransport, lifetime(a.rnd.Uint32N(5000)))
	case 1:
		a.try(c, stun.MethodAllocate, udpTransport, noTicket)
	case 2:
		a.try(c, stun.MethodAllocate, udpTransport, family(Family(1+a.rnd.IntN(3))))
	case 3:
		switch a.rnd.IntN(3) {
		case 0:
			a.try(c, stun.MethodAllocate, udpTransport, additionalFamily, noTicket)
		case 1:
			a.try(c, stun.MethodRefresh, lifetime(a.rnd.Uint32N(2)*a.rnd.Uint32N(4000)))
		case 2:
			a.try(c, stun.MethodRefresh, lifetime(a.rnd.Uint32N(2)*a.rnd.Uint32N(4000)), family(Family(1+a.rnd.IntN(2))))
		}
	case 4, 5:
		a.try(c, stun.MethodCreatePermission, peerAddress(a.peer()), peerAddress(a.peer()))
	case 6, 7:
		a.try(c, stun.MethodChannelBind, channelNumber(a.channel()), peerAddress(a.peer()))
	case 8:
		c.channelData(a.channel(), []byte("data"))
	case 9:
		c.sendIndication(a.peer(), []byte("data"))
	case 10:
		for id := range a.relays {
			a.do(a.core.Peer(a.now, id, a.peer(), []byte("data")))
			break
		}
	case 11:
		a.retransmit()
	case 12:
		a.wait(time.Duration(a.rnd.IntN(400)) * time.Second)
	case 13:
		if len(a.tokens) > 0 && a.rnd.IntN(2) == 0 {
			a.try(c, stun.MethodAllocate, udpTransport, attr(stun.AttrReservationToken, a.tokens[a.rnd.IntN(len(a.tokens))]))
		} else {
			a.try(c, stun.MethodAllocate, udpTransport, attr(stun.AttrEvenPort, []byte{byte(a.rnd.Uint32())}))
		}
	case 14:
		a.travel(c)
	case 15:
		switch a.rnd.IntN(4) {
		case 0:
			if c.tuple.Transport.Reliable() {
				a.do(a.core.Closed(a.now, c.tuple))
			}
		case 1:
			a.full = !a.full
		case 2:
			a.garble(c)
		case 3:
			a.core.SetPolicy(testPolicy(Internet))
		}
	}
	a.checkSent(peers)
	a.checkCounts()
}

// try sends a request, taking up a new nonce where it is told one.
func (a *actor) try(c *client, method stun.Method, attrs ...stun.Setter) {
	m := c.build(method, attrs...)
	answers := a.send(c.tuple, m.Raw)
	if len(answers) != 1 {
		a.t.Fatalf("%s: %d answers", m.Type, len(answers))
	}
	res := c.decode(answers[0], m)
	if nonce, err := res.Get(stun.AttrNonce); err == nil {
		c.nonce = bytes.Clone(nonce)
		name, password, _ := a.core.credentials.Sign(fmt.Sprint("user", a.rnd.IntN(4)), 0, a.now)
		if a.core.clients[c.tuple] == nil {
			c.username, c.password = name, password
		}
		return
	}
	if t, err := res.Get(attrMobilityTicket); err == nil {
		a.tickets = append(a.tickets, heldTicket{c.username, c.password, bytes.Clone(t)})
	}
	if t, err := res.Get(stun.AttrReservationToken); err == nil {
		a.tokens = append(a.tokens, bytes.Clone(t))
	}
	a.sent = append(a.sent, sentRequest{c, m.Raw, a.now, answers})
}

// travel goes on from another 5-tuple, with any ticket that there ever was.
func (a *actor) travel(c *client) {
	if len(a.tickets) == 0 || c.nonce == nil {
		return
	}
	t := a.tickets[a.rnd.IntN(len(a.tickets))]
	if a.core.clients[c.tuple] == nil {
		c.username, c.password = t.username, t.password
	}
	a.try(c, stun.MethodRefresh, ticketAttr(t.ticket), lifetime(a.rnd.Uint32N(2)*600))
}

// retransmit repeats an authenticated request: the answer must be the same, and nothing may change.
func (a *actor) retransmit() {
	if len(a.sent) == 0 {
		return
	}
	r := a.sent[a.rnd.IntN(len(a.sent))]
	if a.now.Sub(r.at) >= answerLifetime || r.c.tuple.Transport.Reliable() {
		return
	}
	before := a.snapshot()
	got := a.send(r.c.tuple, r.raw)
	if len(got) != 1 || !bytes.Equal(got[0], r.want[0]) {
		a.t.Fatalf("the retransmission is answered differently\n% x\n% x", got, r.want)
	}
	if after := a.snapshot(); after != before {
		a.t.Fatalf("the retransmission acted\n%s\n%s", before, after)
	}
}

// garble sends a valid request with some bytes changed.
func (a *actor) garble(c *client) {
	raw := c.build(stun.MethodChannelBind, channelNumber(a.channel()), peerAddress(a.peer())).Raw
	for range 1 + a.rnd.IntN(4) {
		raw[a.rnd.IntN(len(raw))] = byte(a.rnd.Uint32())
	}
	a.send(c.tuple, raw[:a.rnd.IntN(len(raw)+1)])
}

func (a *actor) snapshot() string {
	s := fmt.Sprint(len(a.relays), len(a.bound), a.registry.total, a.began, a.ended)
	for _, c := range a.clients {
		if al := a.core.clients[c.tuple]; al != nil {
			s += fmt.Sprint(" ", al.relays[0].public, al.relays[1].public, al.relays[0].expires.Unix(), al.relays[1].expires.Unix(), al.permissions.len(), al.channels.len())
			var deadlines int64 // summed, since maps have no order
			for _, p := range al.permissions.all() {
				deadlines += p.expires.Unix()
			}
			for _, ch := range al.channels.all() {
				deadlines += ch.expires.Unix()
			}
			s += fmt.Sprint(" ", deadlines)
		}
	}
	return s
}

// checkSent: nothing goes to an address that the policy refuses, and nothing of ours leaves the house.
func (a *actor) checkSent(from int) {
	for _, s := range a.toPeer[from:] {
		if a.core.policy.Refuses(s.to.Addr()) || a.core.policy.RefusesPort(s.to) {
			a.t.Fatalf("relayed to %v", s.to)
		}
		if a.registry.isRelay(s.to.Addr()) {
			a.t.Fatalf("sent to our own address %v", s.to)
		}
	}
}

// checkCounts: core, registry and edge agree about what there is.
func (a *actor) checkCounts() {
	n := a.core.Allocations()
	relays := 0
	var census Census
	listed := 0
	if next := a.core.Live(0, n+1, func(*Live) { listed++ }); next != 0 || listed != n {
		a.t.Fatalf("%d of %d allocations are listed", listed, n)
	}
	for _, al := range a.core.clients {
		census.Transports[al.client.Transport]++
		for _, r := range al.relays {
			if r.id != 0 {
				relays++
				census.relays(r.family, 1)
			}
		}
	}
	if got := a.core.Census(); got != census {
		a.t.Fatalf("census %+v, want %+v", got, census)
	}
	if a.registry.total != n+len(a.reserved) || len(a.registry.reserved) != len(a.reserved) || len(a.relays) != relays || len(a.core.relays) != relays || len(a.core.public) != relays {
		a.t.Fatalf("%d allocations, %d counted, %d relays open, %d known, %d addresses", n, a.registry.total, len(a.relays), len(a.core.relays), len(a.core.public))
	}
	channels := 0
	for id, al := range a.core.mobile {
		if al.ticket != id || a.core.clients[al.client] != al {
			a.t.Fatal("a ticket names an allocation that has ended")
		}
	}
	for _, al := range a.core.clients {
		for n, ch := range al.channels.all() {
			p := al.permissions.get(ch.peer.Addr())
			if _, announced := a.bound[boundKey{ch.relay, n}]; announced {
				channels++
			} else if p != nil && a.now.Before(p.expires) && a.now.Before(ch.expires) {
				a.t.Fatalf("channel %x lives, but the edge does not know", n)
			}
		}
		if al.channels.len() != al.peers.len() || al.channels.len() > 4 || al.permissions.len() > 4 {
			a.t.Fatalf("%d channels, %d peers, %d permissions", al.channels.len(), al.peers.len(), al.permissions.len())
		}
	}
	for al := range a.core.untold {
		if a.core.clients[al.client] != al {
			a.t.Fatal("an allocation that has ended has something to tell")
		}
	}
	if channels != len(a.bound) {
		a.t.Fatalf("%d channels, %d announced", channels, len(a.bound))
	}
}

func (a *actor) finish() {
	a.outlive()
	a.checkEmpty()
}

func TestAnySequenceOfMessagesAtAnyTimes(t *testing.T) {
	runs := 300
	if testing.Short() {
		runs = 30
	}
	for seed := range uint64(runs) {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
			a := newActor(t, rand.New(rand.NewPCG(seed, 0)))
			for range 400 {
				a.step()
			}
			a.finish()
		})
	}
}
