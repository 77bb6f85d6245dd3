package turnserver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/logging"
	"github.com/pion/turn/v4"
)

// selfTestUser is whom the sessions of the self-test are accounted to.
const selfTestUser = "self-test"

// A SelfTestResult tells how a packet fared that was relayed through one of our own listeners.
type SelfTestResult struct {
	URL string        // the listener, as in Addrs
	RTT time.Duration // from one relayed address to another and back
	Err error
}

// SelfTest makes two allocations over each transport and port, as any client would, and sends a packet from one to the other and back.
// It takes milliseconds, or as long as ctx lets it where something is wrong.
func (s *Server) SelfTest(ctx context.Context) ([]SelfTestResult, error) {
	var results []SelfTestResult
	for _, network := range networks {
		addrs := slices.DeleteFunc(s.listeners.addrs(network), func(a netip.AddrPort) bool { return s.forDiscovery(network, a) })
		for len(addrs) > 0 {
			port := addrs[0].Port()
			at := s.testable(slices.DeleteFunc(slices.Clone(addrs), func(a netip.AddrPort) bool { return a.Port() != port }))
			addrs = slices.DeleteFunc(addrs, func(a netip.AddrPort) bool { return a.Port() == port })
			r := SelfTestResult{URL: network + "://" + at.String()}
			r.RTT, r.Err = s.relayToSelf(ctx, network, at)
			results = append(results, r)
		}
	}
	if len(results) == 0 {
		return nil, errors.New("self-test: nothing is listened on")
	}
	return results, nil
}

// testable picks the listener at the address that we relay on, or the first.
func (s *Server) testable(addrs []netip.AddrPort) netip.AddrPort {
	for _, p := range s.relays {
		for _, at := range addrs {
			if at.Addr() == p.address.Local {
				return at
			}
			if at.Addr().IsUnspecified() {
				return netip.AddrPortFrom(p.address.Local, at.Port())
			}
		}
	}
	return addrs[0]
}

func (s *Server) relayToSelf(ctx context.Context, network string, at netip.AddrPort) (time.Duration, error) {
	username, password, _ := s.Credentials(selfTestUser, time.Now())
	var relays [2]net.PacketConn
	for i := range relays {
		client, conn, err := s.testClient(ctx, network, at, username, password)
		if err != nil {
			return 0, err
		}
		defer conn.Close()
		defer client.Close()
		relays[i], err = client.Allocate()
		if err != nil {
			return 0, fmt.Errorf("allocate: %w", err)
		}
		defer relays[i].Close()
	}
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(5 * time.Second)
	}
	a, b := relays[0], relays[1]
	_ = a.SetReadDeadline(deadline)
	_ = b.SetReadDeadline(deadline)
	buf := make([]byte, 64)
	var start time.Time
	// The first round makes the permissions; the second is the one that is timed.
	for range 2 {
		start = time.Now()
		for _, hop := range [][2]net.PacketConn{{a, b}, {b, a}} {
			// A permission for the sender must stand before its packet comes, so the receiver says something first.
			if _, err := hop[1].WriteTo([]byte("open"), hop[0].LocalAddr()); err != nil {
				return 0, fmt.Errorf("permission: %w", err)
			}
			if _, err := hop[0].WriteTo([]byte("turnpike"), hop[1].LocalAddr()); err != nil {
				return 0, fmt.Errorf("send: %w", err)
			}
			if err := readUntil(hop[1], buf, "turnpike"); err != nil {
				return 0, fmt.Errorf("nothing came back through the relay: %w", err)
			}
		}
	}
	return time.Since(start), nil
}

func readUntil(c net.PacketConn, buf []byte, want string) error {
	for {
		n, _, err := c.ReadFrom(buf)
		if err != nil {
			return err
		}
		if string(buf[:n]) == want {
			return nil
		}
	}
}

func (s *Server) testClient(ctx context.Context, network string, at netip.AddrPort, username, password string) (*turn.Client, net.PacketConn, error) {
	conn, err := s.testConn(ctx, network, at)
	if err != nil {
		return nil, nil, err
	}
	client, err := turn.NewClient(&turn.ClientConfig{
		TURNServerAddr: at.String(),
		Conn:           conn,
		Username:       username,
		Password:       password,
		Realm:          s.cfg.Realm,
		LoggerFactory:  quiet{},
	})
	if err == nil {
		err = client.Listen()
	}
	if err != nil {
		conn.Close()
		return nil, nil, err
	}
	return client, conn, nil
}

func (s *Server) testConn(ctx context.Context, network string, at netip.AddrPort) (net.PacketConn, error) {
	if network == "udp" {
		return net.ListenPacket("udp", net.JoinHostPort(at.Addr().String(), "0"))
	}
	if network == "dtls" {
		return s.testDTLS(ctx, at)
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", at.String())
	if err != nil {
		return nil, err
	}
	if s.proxied(canonicalPort(conn.LocalAddr().(*net.TCPAddr).AddrPort()).Addr()) {
		if _, err := conn.Write(proxyLocal); err != nil {
			conn.Close()
			return nil, err
		}
	}
	if network == "tls" {
		secure := tls.Client(conn, s.selfTLS())
		if err := secure.HandshakeContext(ctx); err != nil {
			conn.Close()
			return nil, fmt.Errorf("TLS handshake: %w", err)
		}
		conn = secure
	}
	return turn.NewSTUNConn(conn), nil
}

func (s *Server) testDTLS(ctx context.Context, at netip.AddrPort) (net.PacketConn, error) {
	socket, err := net.ListenPacket("udp", net.JoinHostPort(at.Addr().String(), "0"))
	if err != nil {
		return nil, err
	}
	to := net.UDPAddrFromAddrPort(at)
	conn, err := dtls.ClientWithOptions(socket, to, dtls.WithInsecureSkipVerify(true), dtls.WithServerName(certificateName(s.certificate())), dtls.WithLoggerFactory(quiet{}))
	if err == nil {
		err = conn.HandshakeContext(ctx)
	}
	if err != nil {
		socket.Close()
		return nil, fmt.Errorf("DTLS handshake: %w", err)
	}
	return packetConn{conn, to}, nil
}

// packetConn is a connection to one other end, to who wants to name it each time.
type packetConn struct {
	net.Conn
	to net.Addr
}

func (c packetConn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, err := c.Read(b)
	return n, c.to, err
}

func (c packetConn) WriteTo(b []byte, _ net.Addr) (int, error) { return c.Write(b) }

// selfTLS asks for the name that clients are told. Whether others trust the certificate is not for us to say here: we speak to ourselves.
func (s *Server) selfTLS() *tls.Config {
	return &tls.Config{ServerName: certificateName(s.certificate()), InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}
}

// quiet keeps the client's own log out of ours; what matters comes back as an error.
type quiet struct{}

func (quiet) NewLogger(scope string) logging.LeveledLogger {
	return logging.NewDefaultLeveledLoggerForScope(scope, logging.LogLevelDisabled, nil)
}
