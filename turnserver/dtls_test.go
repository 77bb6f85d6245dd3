package turnserver

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
)

// datagrams adds a certificate and a dtls listener.
func (a testAuthority) datagrams(c *Config) {
	a.secure(c)
	c.Listen = append(c.Listen, Listener{"dtls", "127.0.0.1", 0})
}

// halfOpen counts the flows of the dtls listener, and the goroutines of those that did not return a cookie.
func (s *Server) halfOpen() (fresh, flows, starting int) {
	for _, p := range s.listeners.packets["dtls"] {
		l := p.(*dtlsListener)
		l.mu.Lock()
		fresh, flows, starting = fresh+len(l.fresh), flows+len(l.flows), starting+l.starting
		l.mu.Unlock()
	}
	return
}

// dialDTLS speaks from the local address.
func dialDTLS(t *testing.T, s *Server, ca testAuthority, local string) *dtls.Conn {
	t.Helper()
	socket, err := net.ListenPacket("udp", local)
	if err != nil {
		t.Fatal(err)
	}
	at := net.UDPAddrFromAddrPort(netip.MustParseAddrPort(s.at(t, "dtls")))
	c, err := dtls.ClientWithOptions(socket, at, dtls.WithRootCAs(ca.pool), dtls.WithServerName("turn.test"), dtls.WithSupportedProtocols("stun.turn"), dtls.WithLoggerFactory(quiet{}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := c.HandshakeContext(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// bindsDTLS is binds for datagrams, which are read whole.
func bindsDTLS(t *testing.T, c net.Conn) {
	t.Helper()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := c.Write(bindingRequest().Raw); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 2000)
	n, err := c.Read(b)
	if err != nil || n < 20 || b[0] != 1 || b[1] != 1 {
		t.Fatalf("answer %x, %v", b[:n], err)
	}
}

func TestServerRelaysToItselfOverDTLS(t *testing.T) {
	s := newTestServer(t, newTestAuthority(t).datagrams)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	results, err := s.SelfTest(ctx)
	if err != nil || len(results) != 4 {
		t.Fatal(results, err)
	}
	if r := results[3]; r.Err != nil || r.RTT <= 0 || !strings.HasPrefix(r.URL, "dtls://") {
		t.Errorf("%+v", r)
	}
	s.empty(t)
}

func TestClientThatBeginsAnewFromTheSamePortTakesItsOwnPlace(t *testing.T) {
	ca := newTestAuthority(t)
	s := newTestServer(t, ca.datagrams)
	first := dialDTLS(t, s, ca, "127.0.0.1:0")
	bindsDTLS(t, first)
	local := first.LocalAddr().String()
	first.Close() // its last word may well be lost; it says no more than a crash would
	second := dialDTLS(t, s, ca, local)
	bindsDTLS(t, second)
	if _, flows, _ := s.halfOpen(); flows != 1 {
		t.Errorf("%d flows of one client", flows)
	}
}

// hello is a ClientHello as a client sends it first.
func hello(t *testing.T) []byte {
	t.Helper()
	trap, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer trap.Close()
	socket, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c, err := dtls.ClientWithOptions(socket, trap.LocalAddr(), dtls.WithInsecureSkipVerify(true), dtls.WithLoggerFactory(quiet{}))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = c.HandshakeContext(ctx) }()
	b := make([]byte, 2000)
	n, _, err := trap.ReadFrom(b)
	cancel()
	<-done
	c.Close()
	if err != nil {
		t.Fatal(err)
	}
	return b[:n]
}

func TestSpoofedHellosAreBoundedAndDoNotDisturbWhoIsThere(t *testing.T) {
	shorten(t, &handshakeTime, 2*time.Second)
	ca := newTestAuthority(t)
	s := newTestServer(t, ca.datagrams)
	there := dialDTLS(t, s, ca, "127.0.0.1:0")
	bindsDTLS(t, there)
	packet, at := hello(t), net.UDPAddrFromAddrPort(netip.MustParseAddrPort(s.at(t, "dtls")))
	socket, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	socket.Close()
	var answers int
	for range 3000 {
		c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 9)})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.WriteTo(packet, at)
		if answers == 0 { // one is enough to know that the hello is good, and what it brings
			_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
			b := make([]byte, 2000)
			n, err := c.Read(b)
			if err != nil || b[dtlsHandshakeType] != dtlsHelloVerify || n > len(packet) {
				t.Fatalf("answered by %x, %v", b[:n], err)
			}
			answers++
		}
		c.Close()
		if fresh, _, starting := s.halfOpen(); fresh > maxHalfOpen || starting > 2*maxHalfOpen {
			t.Fatalf("%d half-open flows, %d goroutines", fresh, starting)
		}
	}
	if s.Stats().Drops["too many streams"] == 0 {
		t.Error("nothing was dropped")
	}
	s.admission.mu.Lock()
	if n := s.admission.total; n != 1 {
		t.Errorf("%d are counted, though one has shown its address", n)
	}
	s.admission.mu.Unlock()
	bindsDTLS(t, there)
	bindsDTLS(t, dialDTLS(t, s, ca, "127.0.0.1:0"))
	time.Sleep(handshakeTime + 500*time.Millisecond)
	if fresh, flows, starting := s.halfOpen(); fresh != 0 || flows != 2 || starting != 0 {
		t.Errorf("left: %d half open, %d flows, %d goroutines", fresh, flows, starting)
	}
}

func TestHelloInAnothersNameDoesNotEndItsFlow(t *testing.T) {
	ca := newTestAuthority(t)
	s := newTestServer(t, ca.datagrams)
	c := dialDTLS(t, s, ca, "127.0.0.1:0")
	bindsDTLS(t, c)
	var l *dtlsListener
	for _, p := range s.listeners.packets["dtls"] {
		l = p.(*dtlsListener)
	}
	client := netip.MustParseAddrPort(c.LocalAddr().String())
	l.deal(s, client, hello(t), s.dtlsOptions())
	if fresh, flows, _ := s.halfOpen(); fresh != 1 || flows != 1 {
		t.Errorf("%d half open, %d flows", fresh, flows)
	}
	bindsDTLS(t, c)
}

func TestDTLSFlowWithoutAllocationIsClosedInTime(t *testing.T) {
	shorten(t, &unauthenticatedTime, 300*time.Millisecond)
	ca := newTestAuthority(t)
	s := newTestServer(t, ca.datagrams)
	bindsDTLS(t, dialDTLS(t, s, ca, "127.0.0.1:0"))
	s.empty(t)
	if fresh, flows, starting := s.halfOpen(); fresh+flows+starting != 0 {
		t.Errorf("left: %d half open, %d flows, %d goroutines", fresh, flows, starting)
	}
}

func TestGarbageOnADTLSSocketMakesNoFlow(t *testing.T) {
	s := newTestServer(t, newTestAuthority(t).datagrams)
	c, err := net.Dial("udp", s.at(t, "dtls"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	packet := hello(t)
	encrypted := append([]byte{}, packet...)
	encrypted[4] = 1
	for _, b := range [][]byte{nil, {22}, bindingRequest().Raw, packet[:20], encrypted, {22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}} {
		_, _ = c.Write(b)
	}
	time.Sleep(50 * time.Millisecond)
	if _, _, starting := s.halfOpen(); starting != 0 {
		t.Errorf("%d flows were begun", starting)
	}
	// A hello that is no more than a header is read, and ends there.
	_, _ = c.Write([]byte{22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	time.Sleep(50 * time.Millisecond)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if results, err := s.SelfTest(ctx); err != nil || results[3].Err != nil {
		t.Error(results, err)
	}
}

func TestFragmentsOfHandshakesAreBounded(t *testing.T) {
	ca := newTestAuthority(t)
	s := newTestServer(t, ca.datagrams)
	c := dialDTLS(t, s, ca, "127.0.0.1:0")
	bindsDTLS(t, c)
	var l *dtlsListener
	for _, p := range s.listeners.packets["dtls"] {
		l = p.(*dtlsListener)
	}
	l.mu.Lock()
	f := l.flows[netip.MustParseAddrPort(c.LocalAddr().String())]
	l.mu.Unlock()
	// A later message of which the first byte never comes, behind a record that cannot be decrypted.
	fragment := append([]byte{23, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0}, 22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0xF4, 11, 0, 0x40, 0, 0, 9, 0, 0, 1, 0, 3, 0xE8)
	fragment = append(fragment, make([]byte, 1000)...)
	taken := 0
	for range 1000 {
		l.mu.Lock()
		if f.takes(fragment) {
			taken += len(fragment)
		}
		l.mu.Unlock()
	}
	if taken == 0 || taken > maxHandshake {
		t.Errorf("%d bytes were taken, the bound is %d", taken, maxHandshake)
	}
	bindsDTLS(t, c)
}

func FuzzPlainDTLSRecords(f *testing.F) {
	f.Add([]byte{22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{23, 0xFE, 0xFD, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if dtlsPlainHandshake(b) && !dtlsPlain(b) {
			t.Error("plain, and not")
		}
	})
}
