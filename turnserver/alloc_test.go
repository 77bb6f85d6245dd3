package turnserver

import (
	"net"
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

// The core's own part is tested in package turn; here, what the sockets add.
func TestRelayingBetweenSocketsAllocatesNoMemory(t *testing.T) {
	s := newTestServer(t, func(c *Config) { c.Peers.Allow = []string{"127.0.0.1"} })
	peer, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	_ = peer.SetDeadline(time.Now().Add(20 * time.Second))
	c := newRawClient(t, s)
	_ = c.conn.SetDeadline(time.Now().Add(20 * time.Second))
	c.request(stun.MethodAllocate, requestedUDP)
	c.request(stun.MethodChannelBind, stun.RawAttribute{Type: stun.AttrChannelNumber, Value: []byte{0x40, 0, 0, 0}}, peerAttr(peer.LocalAddr().(*net.UDPAddr)))
	frame, buf := []byte{0x40, 0, 0, 4, 'd', 'a', 't', 'a'}, make([]byte, 100)
	there := func() {
		if _, err := c.conn.Write(frame); err != nil {
			t.Fatal(err)
		}
		n, relay, err := peer.ReadFromUDPAddrPort(buf)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := peer.WriteToUDPAddrPort(buf[:n], relay); err != nil {
			t.Fatal(err)
		}
		if n, err := c.conn.Read(buf); err != nil || n != len(frame) {
			t.Fatalf("%d bytes: %v", n, err)
		}
	}
	there()
	if n := testing.AllocsPerRun(1000, there); n > 0 {
		t.Errorf("%v allocations for a packet there and back", n)
	}
}
