package turnserver

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"

	"github.com/pion/dtls/v3"
	"github.com/pion/logging"
	"github.com/pion/turn/v4"
)

// testClient is a client of our own, over any transport. Closing the connection ends it.
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
