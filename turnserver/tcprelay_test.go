package turnserver

import (
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/pion/turn/v4"
)

func newTCPRelayServer(t *testing.T) *Server {
	return newTestServer(t, func(c *Config) {
		c.TCPRelays = true
		c.Peers.Allow = []string{"127.0.0.1"}
	})
}

// echoTCP answers every connection with what it says, until it says no more.
func echoTCP(t *testing.T) *net.TCPAddr {
	t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(c, c)
				c.Close()
			}()
		}
	}()
	return ln.Addr().(*net.TCPAddr)
}

// tcpAllocation is what pion's client has, in a package that cannot be named here.
type tcpAllocation interface {
	Dial(network, addr string) (net.Conn, error)
	Accept() (net.Conn, error)
	SetDeadline(time.Time) error
	Addr() net.Addr
	Close() error
}

func (s *Server) tcpClient(t *testing.T) (*turn.Client, tcpAllocation) {
	t.Helper()
	client := s.client(t, "tcp", "alice")
	a, err := client.AllocateTCP()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return client, a
}

func TestTCPRelayCarriesBytesBothWays(t *testing.T) {
	s := newTCPRelayServer(t)
	peer := echoTCP(t)
	_, a := s.tcpClient(t)
	c, err := a.Dial("tcp4", peer.String())
	if err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	const size = 1 << 20
	go func() {
		for i := range 16 {
			_, _ = c.Write([]byte(strings.Repeat(string(rune('a'+i)), size/16)))
		}
	}()
	got := make([]byte, size)
	if _, err := io.ReadFull(c, got); err != nil {
		t.Fatal(err)
	}
	if got[0] != 'a' || got[size-1] != 'p' {
		t.Error("the bytes came back in another order")
	}
	c.Close()
	for range 100 { // the end reaches the core by way of two goroutines
		if s.peers.empty() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the peer's connection is still open")
}

func (p *peerConns) empty() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.conns) == 0
}

func TestPeerThatRefusesIsAConnectionFailure(t *testing.T) {
	s := newTCPRelayServer(t)
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := ln.Addr().(*net.TCPAddr)
	ln.Close()
	_, a := s.tcpClient(t)
	if _, err := a.Dial("tcp4", gone.String()); err == nil || !strings.Contains(err.Error(), "447") {
		t.Errorf("got %v, want 447", err)
	}
	if !s.peers.empty() {
		t.Error("the connection that failed is kept")
	}
}

func TestPacedConnectionDoesNotHoldUpTheEnd(t *testing.T) {
	s := newTestServer(t, func(c *Config) {
		c.TCPRelays = true
		c.Peers.Allow = []string{"127.0.0.1"}
		c.Limits.BandwidthPerUser = 100
	})
	_, a := s.tcpClient(t)
	c, err := a.Dial("tcp4", echoTCP(t).String())
	if err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := c.Write(make([]byte, 30_000)); err != nil { // for five minutes
		t.Fatal(err)
	}
	if _, err := io.ReadFull(c, make([]byte, 30_000)); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { s.Close(); close(done) }()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("Close waits for the pace of a connection")
	}
}

func TestTCPRelaysOfTwoClientsReachEachOther(t *testing.T) {
	s := newTestServer(t, func(c *Config) { c.TCPRelays = true }) // nothing is allowed but live relays
	clientB, b := s.tcpClient(t)
	_, a := s.tcpClient(t)
	if err := clientB.CreatePermission(a.Addr()); err != nil {
		t.Fatal(err)
	}
	accepted := make(chan error, 1)
	go func() {
		_ = b.SetDeadline(time.Now().Add(5 * time.Second))
		c, err := b.Accept()
		if err == nil {
			_, err = c.Write([]byte("hello"))
		}
		accepted <- err
	}()
	c, err := a.Dial("tcp4", b.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	buf := make([]byte, 5)
	if _, err := io.ReadFull(c, buf); err != nil || string(buf) != "hello" {
		t.Errorf("got %q, %v; the other side: %v", buf, err, <-accepted)
	}
}

func TestConnectionsEndWithTheServer(t *testing.T) {
	s := newTCPRelayServer(t)
	peer := echoTCP(t)
	_, a := s.tcpClient(t)
	c, err := a.Dial("tcp4", peer.String())
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() { s.Close(); close(done) }()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("Close does not return")
	}
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	if _, err := c.Read(make([]byte, 1)); err == nil {
		t.Error("the connection lives on")
	}
}

func TestTurnutilsUclientOverTCPRelays(t *testing.T) {
	uclient, err := exec.LookPath("turnutils_uclient")
	if err != nil {
		t.Skip("turnutils_uclient is not installed (Debian: coturn)")
	}
	s := newTCPRelayServer(t)
	peer := echoTCP(t)
	for name, args := range map[string][]string{
		"to a peer":        {"-T", "-e", "127.0.0.1", "-r", fmt.Sprint(peer.Port)},
		"client to client": {"-T", "-y"},
	} {
		t.Run(name, func(t *testing.T) {
			args := append(args, "-u", "alice", "-W", testSecret, "-p", s.port(t, "tcp"), "127.0.0.1")
			ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
			defer cancel()
			out, err := exec.CommandContext(ctx, uclient, args...).CombinedOutput()
			if err != nil || !strings.Contains(string(out), "Total lost packets 0 (0.000000%)") {
				t.Errorf("%v: %v\n%s", args, err, tail(string(out), 30))
			}
		})
	}
}
