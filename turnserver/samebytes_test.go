package turnserver

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

// A caller is a client with a relayed address and a peer of its own.
type caller struct {
	*rawClient
	relay    *net.UDPAddr
	peer     *net.UDPConn
	stranger *net.UDPConn // a peer without a channel
}

const (
	peerChannel = 0x4000
	nextChannel = 0x4001 // to the relayed address of the next caller
	lastChannel = 0x4002 // of the one before
)

func newCaller(t *testing.T, s *Server) *caller {
	t.Helper()
	c := &caller{rawClient: newRawClient(t, s), peer: listenLoopback(t), stranger: listenLoopback(t)}
	_ = c.conn.(*net.UDPConn).SetReadBuffer(socketBuffer)
	m := c.request(stun.MethodAllocate, requestedUDP)
	var relayed stun.XORMappedAddress
	if err := relayed.GetFromAs(m, stun.AttrXORRelayedAddress); err != nil {
		t.Fatal(err)
	}
	c.relay = &net.UDPAddr{IP: relayed.IP, Port: relayed.Port}
	c.bind(peerChannel, c.peer.LocalAddr().(*net.UDPAddr))
	return c
}

func (c *caller) bind(channel uint16, peer *net.UDPAddr) {
	c.request(stun.MethodChannelBind, stun.RawAttribute{Type: stun.AttrChannelNumber, Value: []byte{byte(channel >> 8), byte(channel), 0, 0}}, peerAttr(peer))
}

func listenLoopback(t *testing.T) *net.UDPConn {
	t.Helper()
	c, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	_ = c.SetReadBuffer(socketBuffer)
	t.Cleanup(func() { c.Close() })
	return c
}

// channelData is a frame.
func channelData(channel uint16, data []byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, channel)
	return append(binary.BigEndian.AppendUint16(b, uint16(len(data))), data...)
}

// A flow is one way from a sender to a receiver.
type flow struct {
	name    string
	longest int // what fits
	send    func(data []byte)
	arrives arrivalsOf
}

// arrivalsOf are the data of one flow, in the order in which they came.
type arrivalsOf chan []byte

// flows are all ways between callers and peers.
func flows(t *testing.T, callers []*caller) (all []flow) {
	add := func(name string, longest int, send func([]byte)) arrivalsOf {
		ch := make(arrivalsOf, 1000)
		all = append(all, flow{name, longest, send, ch})
		return ch
	}
	write := func(to net.Conn) func([]byte) {
		return func(b []byte) {
			if _, err := to.Write(b); err != nil {
				t.Error(err)
			}
		}
	}
	for i, c := range callers {
		last := callers[(i+len(callers)-1)%len(callers)]
		to := write(c.conn)
		toPeer := map[string]arrivalsOf{}
		toPeer["channel"] = add(fmt.Sprint(i, " to its peer by channel"), 65503, func(b []byte) { to(channelData(peerChannel, b)) })
		indicated := add(fmt.Sprint(i, " to its peer by indication"), 65400, func(b []byte) {
			c.send(stun.NewType(stun.MethodSend, stun.ClassIndication), peerAttr(c.stranger.LocalAddr().(*net.UDPAddr)), stun.RawAttribute{Type: stun.AttrData, Value: b})
		})
		fromPeer := add(fmt.Sprint(i, " from its peer"), 65503, func(b []byte) { _, _ = c.peer.WriteTo(b, c.relay) })
		fromStranger := add(fmt.Sprint(i, " from a stranger"), 65400, func(b []byte) { _, _ = c.stranger.WriteTo(b, c.relay) })
		toLast := write(last.conn)
		fromLast := add(fmt.Sprint(i, " from the caller before"), 65503, func(b []byte) { toLast(channelData(nextChannel, b)) })
		go receive(c.peer, toPeer["channel"])
		go receive(c.stranger, indicated)
		go c.listen(t, map[uint16]arrivalsOf{peerChannel: fromPeer, lastChannel: fromLast}, fromStranger)
	}
	return all
}

func receive(c *net.UDPConn, arrives arrivalsOf) {
	buf := make([]byte, 1<<16)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		arrives <- slices.Clone(buf[:n])
	}
}

// listen sorts what a client is sent.
func (c *caller) listen(t *testing.T, channels map[uint16]arrivalsOf, indicated arrivalsOf) {
	_ = c.conn.SetReadDeadline(time.Time{})
	buf := make([]byte, 1<<16)
	for {
		n, err := c.conn.Read(buf)
		if err != nil {
			return
		}
		b := slices.Clone(buf[:n])
		if len(b) >= 4 && b[0]>>6 == 1 {
			if size := int(binary.BigEndian.Uint16(b[2:])); size != len(b)-4 {
				t.Errorf("ChannelData says %d bytes and has %d", size, len(b)-4)
			}
			channels[binary.BigEndian.Uint16(b)] <- b[4:]
			continue
		}
		m := new(stun.Message)
		if err := stun.Decode(b, m); err != nil {
			t.Errorf("a client was sent %x", b)
			continue
		}
		if data, err := m.Get(stun.AttrData); err == nil {
			indicated <- data
		}
	}
}

// lengths are those at which something changes, and some between.
var lengths = []int{0, 1, 2, 3, 4, 5, 19, 20, 171, 172, 173, 1200, 1228, 1229, 1232, 1233, 1448, 1472, 1473, 9000, 16384, 40_000, 65399, 65400, 65501, 65502, 65503, 65504, 65507}

// Whoever sends what in whatever order, alone or in bursts, on whatever shard: the same bytes arrive in the same order.
func TestBytesArriveAsTheyWereSent(t *testing.T) {
	rounds := 60
	if long() {
		rounds = 3000
	}
	seed := uint64(time.Now().UnixNano())
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	s := newTestServer(t, func(c *Config) {
		c.Peers.Allow = []string{"127.0.0.1"}
		c.Shards = 3
	})
	var callers []*caller
	for range 4 {
		callers = append(callers, newCaller(t, s))
	}
	for i, c := range callers {
		next := callers[(i+1)%len(callers)]
		c.bind(nextChannel, next.relay)
		next.bind(lastChannel, c.relay)
	}
	all := flows(t, callers)
	for range rounds {
		type sent struct {
			flow *flow
			data []byte
		}
		var script []sent
		total := 0
		for range 1 + random.IntN(6) {
			f, size := &all[random.IntN(len(all))], lengths[random.IntN(len(lengths))]
			burst := 1 + random.IntN(40)
			for k := range burst {
				if k > 0 && random.IntN(8) == 0 {
					size = random.IntN(1300)
				}
				if total += 2*size + 1000; total > 200_000 && len(script) > 0 {
					break // more than buffers hold, which count what the kernel needs for a datagram
				}
				data := make([]byte, size)
				for i := range data {
					data[i] = byte(random.Uint32())
				}
				script = append(script, sent{f, data})
			}
		}
		if random.IntN(2) == 0 { // bursts at the same time
			random.Shuffle(len(script), func(i, j int) { script[i], script[j] = script[j], script[i] })
		}
		for _, x := range script {
			if x.flow.longest >= len(x.data) || x.flow.name[2:] == "from its peer" { // nobody can send longer ones but peers
				x.flow.send(x.data)
			}
		}
		for i, x := range script {
			if len(x.data) > x.flow.longest {
				continue
			}
			select {
			case got := <-x.flow.arrives:
				if !bytes.Equal(got, x.data) {
					t.Fatalf("datagram %d of %d, %s: %d bytes were sent, and %d others came", i, len(script), x.flow.name, len(x.data), len(got))
				}
			case <-time.After(5 * time.Second):
				t.Fatalf("datagram %d of %d, %s: %d bytes were lost; %v", i, len(script), x.flow.name, len(x.data), s.Stats().Drops)
			}
		}
	}
	for _, f := range all {
		if len(f.arrives) > 0 {
			t.Errorf("%s: %d came that nobody sent", f.name, len(f.arrives))
		}
	}
}

// What relaying costs is system calls, not garbage.
func TestRelayedDatagramIsNoGarbage(t *testing.T) {
	s := newOpenServer(t)
	c := newCaller(t, s)
	frame, buf := channelData(peerChannel, make([]byte, 172)), make([]byte, 2000)
	relay := c.relay.AddrPort()
	if n := testing.AllocsPerRun(2000, func() {
		_, _ = c.conn.Write(frame)
		if n, err := c.peer.Read(buf); n != 172 || err != nil {
			t.Fatal(n, err)
		}
		_, _ = c.peer.WriteToUDPAddrPort(buf[:172], relay)
		if n, err := c.conn.Read(buf); n != len(frame) || err != nil {
			t.Fatal(n, err)
		}
	}); n != 0 {
		t.Errorf("%v allocations for a datagram each way", n)
	}
}

func TestServerIsClosedInTheMiddleOfTraffic(t *testing.T) {
	for range 5 {
		t.Run("", func(t *testing.T) {
			s := newTestServer(t, func(c *Config) { c.Peers.Allow, c.Shards = []string{"127.0.0.1"}, 2 })
			var callers []*caller
			for range 4 {
				c := newCaller(t, s)
				c.bind(nextChannel, c.relay) // its own relayed address
				callers = append(callers, c)
			}
			for i, c := range callers {
				go c.flood(channelData(uint16(peerChannel+i%2), make([]byte, 172)))
			}
			time.Sleep(20 * time.Millisecond)
			s.Close()
		})
	}
}

// flood sends to the server from both sides until the client is closed.
func (c *caller) flood(frame []byte) {
	for {
		if _, err := c.conn.Write(frame); errors.Is(err, net.ErrClosed) {
			return
		}
		_, _ = c.peer.WriteToUDP(frame, c.relay)
	}
}
