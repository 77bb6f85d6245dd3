package conformance

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"

	"github.com/pion/stun/v3"
)

// A mutation breaks one thing on the way between the suite and a server. Each function gets one frame and returns what goes on instead.
type mutation struct {
	up, down func(*flow, *packet) [][]byte  // nil leaves all as it is
	raw      func(up bool, b []byte) []byte // for the bytes of data connections
	source   bool                           // answers to Binding leave from another port
}

// proxy stands before a server, over UDP and TCP on one port. Untouched, it shows in nothing but its address: what a client is told of itself is
// what it really is.
type proxy struct {
	at, server netip.AddrPort
	mutation
	fronts    []front // the first is at; the others those of RFC 5780
	elsewhere *net.UDPConn
	tcp       net.Listener
	running   sync.WaitGroup

	mu     sync.Mutex // guards what follows, and whatever a mutation remembers
	flows  map[netip.AddrPort]*flow
	conns  []io.Closer
	closed bool
}

// front is a UDP socket of the proxy, and what it stands for.
type front struct {
	*net.UDPConn
	at, server netip.AddrPort
}

// flow is one client of the proxy.
type flow struct {
	p        *proxy
	client   netip.AddrPort
	server   net.Conn     // of a stream
	packets  *net.UDPConn // of datagrams
	toClient func([]byte) // from the first front
	users    string       // the last USERNAME
	realm    string
	requests map[[12]byte]*stun.Message
	seen     map[[12]byte]int
	answers  map[stun.Method]int
	isStream bool
	rawUp    bool
	rawDown  bool
}

func newProxy(t testing.TB, server netip.AddrPort, m mutation, others ...netip.AddrPort) *proxy {
	t.Helper()
	p := &proxy{server: server, mutation: m, flows: make(map[netip.AddrPort]*flow)}
	for i := 0; !p.listen(others); i++ {
		if i == 50 {
			t.Fatal("no port is free for the proxy")
		}
	}
	p.running.Go(p.acceptTCP)
	for i := range p.fronts {
		p.running.Go(func() { p.readUDP(&p.fronts[i]) })
	}
	t.Cleanup(p.close)
	return p
}

// listen opens the sockets; those of the others relate to each other as theirs do.
func (p *proxy) listen(others []netip.AddrPort) bool {
	p.fronts = nil
	open := func(at, server netip.AddrPort) bool {
		c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
		if err == nil {
			p.fronts = append(p.fronts, front{c, canonical(c.LocalAddr().(*net.UDPAddr).AddrPort()), server})
		}
		return err == nil
	}
	ok := open(netip.AddrPortFrom(p.server.Addr(), 0), p.server)
	if ok {
		p.at = p.fronts[0].at
		for _, o := range others {
			ok = ok && open(netip.AddrPortFrom(o.Addr(), p.at.Port()+o.Port()-p.server.Port()), o)
		}
	}
	var err error
	if ok {
		p.tcp, err = net.Listen("tcp", p.at.String())
	}
	if ok && err == nil {
		p.elsewhere, err = net.ListenUDP("udp", &net.UDPAddr{IP: p.server.Addr().AsSlice()})
	}
	if !ok || err != nil {
		for _, f := range p.fronts {
			f.Close()
		}
		return false
	}
	return true
}

func (p *proxy) close() {
	for _, f := range p.fronts {
		f.Close()
	}
	p.elsewhere.Close()
	p.tcp.Close()
	p.mu.Lock()
	p.closed = true
	for _, c := range p.conns {
		c.Close()
	}
	p.mu.Unlock()
	p.running.Wait()
}

// flowOf returns a client's flow, and starts it when it is new.
func (p *proxy) flowOf(client netip.AddrPort, conn net.Conn, toClient func([]byte)) *flow {
	stream := conn != nil
	p.mu.Lock()
	defer p.mu.Unlock()
	if f := p.flows[client]; !stream && f != nil || p.closed {
		return f
	}
	f := &flow{p: p, client: client, toClient: toClient, isStream: stream,
		requests: make(map[[12]byte]*stun.Message), seen: make(map[[12]byte]int), answers: make(map[stun.Method]int)}
	var err error
	if stream {
		f.server, err = net.Dial("tcp", p.server.String())
	} else {
		f.packets, err = net.ListenUDP("udp", &net.UDPAddr{IP: client.Addr().AsSlice()})
	}
	if err != nil {
		return nil
	}
	p.flows[client] = f
	if stream {
		p.conns = append(p.conns, conn, f.server)
	} else {
		p.conns = append(p.conns, f.packets)
		p.running.Go(f.readServerUDP)
	}
	return f
}

func (p *proxy) readUDP(via *front) {
	buf := make([]byte, 1<<16)
	for {
		n, from, err := via.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue
		}
		from = canonical(from)
		if f := p.flowOf(from, nil, func(b []byte) { _, _ = p.fronts[0].WriteToUDPAddrPort(b, from) }); f != nil {
			pk := parsePacket(bytes.Clone(buf[:n]))
			pk.via = via
			f.goUp(pk)
		}
	}
}

func (f *flow) readServerUDP() {
	buf := make([]byte, 1<<16)
	for {
		n, from, err := f.packets.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		for i := range f.p.fronts {
			if via := &f.p.fronts[i]; err == nil && via.server == canonical(from) {
				pk := parsePacket(bytes.Clone(buf[:n]))
				pk.via = via
				f.goDown(pk)
			}
		}
	}
}

func (p *proxy) acceptTCP() {
	for {
		conn, err := p.tcp.Accept()
		if err != nil {
			return
		}
		from := canonical(conn.RemoteAddr().(*net.TCPAddr).AddrPort())
		f := p.flowOf(from, conn, func(b []byte) { _, _ = conn.Write(b) })
		if f == nil {
			conn.Close()
			continue
		}
		p.running.Go(func() {
			f.pump(conn, f.goUp, &f.rawUp, true)
			f.server.Close()
		})
		p.running.Go(func() {
			f.pump(f.server, f.goDown, &f.rawDown, false)
			conn.Close()
		})
	}
}

// pump cuts a stream into frames, until it carries the bytes of a data connection.
func (f *flow) pump(from net.Conn, frame func(*packet), raw *bool, up bool) {
	c := &client{conn: from, srv: &server{ctx: context.Background()}}
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		c.buf = append(c.buf, buf[:n]...)
		for !*raw {
			got, ok := c.cut()
			if !ok {
				break
			}
			frame(parsePacket(got.data))
		}
		if (*raw || c.lost != nil) && len(c.buf) > 0 {
			b := c.buf
			if f.p.raw != nil {
				b = f.p.raw(up, b)
			}
			if up {
				_, _ = f.server.Write(b)
			} else {
				f.toClient(b)
			}
			c.buf = nil
		}
		if err != nil || errors.Is(err, io.EOF) {
			return
		}
	}
}

func (f *flow) goUp(pk *packet) {
	f.p.mu.Lock()
	if pk.m != nil {
		if v, ok := pk.m.Attributes.Get(stun.AttrUsername); ok {
			f.users = string(v.Value)
		}
		if pk.m.Type.Class == stun.ClassRequest {
			f.requests[pk.m.TransactionID] = pk.m
		}
		if pk.m.Type.Method == stun.MethodConnectionBind {
			f.rawUp = true
		}
		pk.edit(f, f.forServer)
	}
	out := [][]byte{pk.raw}
	if f.p.up != nil {
		out = f.p.up(f, pk)
	}
	f.p.mu.Unlock()
	for _, b := range out {
		if f.isStream {
			_, _ = f.server.Write(b)
		} else {
			_, _ = f.packets.WriteToUDPAddrPort(b, pk.via.server)
		}
	}
}

func (f *flow) goDown(pk *packet) {
	f.p.mu.Lock()
	if pk.m != nil {
		if v, ok := pk.m.Attributes.Get(stun.AttrRealm); ok {
			f.realm = string(v.Value)
		}
		f.seen[pk.m.TransactionID]++
		f.answers[pk.m.Type.Method]++
		if pk.m.Type == stun.NewType(stun.MethodConnectionBind, stun.ClassSuccessResponse) {
			f.rawDown = true
		}
		pk.edit(f, f.forClient)
		pk.req = f.requests[pk.m.TransactionID]
	}
	out := [][]byte{pk.raw}
	if f.p.down != nil {
		out = f.p.down(f, pk)
	}
	f.p.mu.Unlock()
	for _, b := range out {
		switch {
		case f.p.source && pk.m != nil && pk.m.Type.Method == stun.MethodBinding:
			_, _ = f.p.elsewhere.WriteToUDPAddrPort(b, f.client)
		case pk.via != nil:
			_, _ = pk.via.WriteToUDPAddrPort(b, f.client)
		default:
			f.toClient(b)
		}
	}
}

// forServer and forClient are what keeps the proxy from being seen: attributes that name addresses.
func (f *flow) forServer(_ *stun.Message, a stun.RawAttribute) (stun.RawAttribute, bool) {
	if a.Type == stun.AttrResponsePort && len(a.Value) >= 2 {
		asked := netip.AddrPortFrom(f.client.Addr(), binary.BigEndian.Uint16(a.Value))
		if other := f.p.flows[asked]; other != nil && other.packets != nil {
			port := other.packets.LocalAddr().(*net.UDPAddr).Port
			return attr(a.Type, append([]byte{byte(port >> 8), byte(port)}, a.Value[2:]...)...), true
		}
	}
	return a, false
}

func (f *flow) forClient(m *stun.Message, a stun.RawAttribute) (stun.RawAttribute, bool) {
	switch a.Type {
	case stun.AttrXORMappedAddress:
		was, _ := address(a.Value, m.TransactionID, true)
		for client, other := range f.p.flows { // an answer may be told to another port
			if other.packets != nil && canonical(other.packets.LocalAddr().(*net.UDPAddr).AddrPort()) == was {
				return encodeAddress(a.Type, client, m.TransactionID), true
			}
		}
		return encodeAddress(a.Type, f.client, m.TransactionID), true
	case stun.AttrOtherAddress, stun.AttrResponseOrigin:
		was, _ := address(a.Value, m.TransactionID, false)
		for _, v := range f.p.fronts {
			if v.server == was {
				return plainAddress(a.Type, v.at), true
			}
		}
	}
	return a, false
}
