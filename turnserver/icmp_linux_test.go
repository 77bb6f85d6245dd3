package turnserver

import (
	"net"
	"testing"

	"github.com/pion/stun/v3"
)

func TestPeerThatIsNotThereIsReportedByICMP(t *testing.T) {
	s := newOpenServer(t)
	gone, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	peer := gone.LocalAddr().(*net.UDPAddr)
	gone.Close()
	c := newRawClient(t, s)
	c.request(stun.MethodAllocate, requestedUDP)
	c.request(stun.MethodCreatePermission, peerAttr(peer))
	c.send(stun.NewType(stun.MethodSend, stun.ClassIndication), peerAttr(peer), stun.RawAttribute{Type: stun.AttrData, Value: []byte("x")})
	m := c.receive()
	icmp, err := m.Get(0x8004)
	if err != nil || m.Type != stun.NewType(stun.MethodData, stun.ClassIndication) {
		t.Fatalf("got %s", m)
	}
	if typ, code := icmp[2]>>1, icmp[3]; typ != 3 || code != 3 {
		t.Errorf("ICMP type %d code %d, want 3 and 3, port unreachable", typ, code)
	}
}

func TestNoDatagramIsLostToAnErrorOfAnEarlierOne(t *testing.T) {
	s := newOpenServer(t)
	gone, _ := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	nobody := gone.LocalAddr().(*net.UDPAddr)
	gone.Close()
	there := echo(t).(*net.UDPAddr)
	c := newRawClient(t, s)
	c.request(stun.MethodAllocate, requestedUDP)
	c.request(stun.MethodCreatePermission, peerAttr(there))
	indication := stun.NewType(stun.MethodSend, stun.ClassIndication)
	echoed := 0
	for range 20 {
		c.send(indication, peerAttr(nobody), stun.RawAttribute{Type: stun.AttrData, Value: []byte("x")})
		c.send(indication, peerAttr(there), stun.RawAttribute{Type: stun.AttrData, Value: []byte("y")})
		for range 2 { // the report and the echo, in any order
			if m := c.receive(); m.Contains(stun.AttrData) {
				echoed++
			}
		}
	}
	if echoed != 20 {
		t.Errorf("%d of 20 datagrams came back", echoed)
	}
}

func TestDatagramThatMustNotBeFragmentedIsSent(t *testing.T) {
	s := newOpenServer(t)
	peer := echo(t).(*net.UDPAddr)
	c := newRawClient(t, s)
	df := stun.RawAttribute{Type: stun.AttrDontFragment}
	c.request(stun.MethodAllocate, requestedUDP, df)
	c.request(stun.MethodCreatePermission, peerAttr(peer))
	small := stun.RawAttribute{Type: stun.AttrData, Value: make([]byte, 1200)}
	c.send(stun.NewType(stun.MethodSend, stun.ClassIndication), peerAttr(peer), df, small)
	if m := c.receive(); !m.Contains(stun.AttrData) {
		t.Errorf("a small one came back as %s", m)
	}
}
