package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/logging"
)

// stepLimit is how long a step takes at most.
const stepLimit = 5 * time.Second

// errNotTLS is of a server that answers a handshake with something else.
var errNotTLS = errors.New("what came is no TLS")

// errHandshake is of a server, or somebody on the way, that ends a handshake.
var errHandshake = errors.New("the connection was closed in the handshake")

// connect opens one 5-tuple. The certificate is there as soon as it was seen, whatever else goes wrong.
func connect(ctx context.Context, via Transport, at netip.AddrPort, host string) (net.Conn, *Certificate, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, stepLimit-200*time.Millisecond, errSilent)
	defer cancel()
	if via == DTLS {
		return connectDTLS(ctx, at, host)
	}
	network := "tcp"
	if via == UDP {
		network = "udp"
	}
	conn, err := new(net.Dialer).DialContext(ctx, network, at.String())
	if err != nil || via != TLS {
		return conn, nil, explain(ctx, err)
	}
	seen := new(witness)
	secure := tls.Client(conn, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS10, InsecureSkipVerify: true, VerifyConnection: func(s tls.ConnectionState) error {
		return seen.judge(s.PeerCertificates, host, tls.VersionName(s.Version))
	}})
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, seen.certificate, explain(ctx, err)
	}
	return secure, seen.certificate, nil
}

// witness keeps the certificate that a handshake showed. Trust is judged here, as the library would, but with the reason.
type witness struct{ certificate *Certificate }

func (w *witness) judge(chain []*x509.Certificate, host, version string) (err error) {
	w.certificate, err = judge(chain, host, nil, time.Now())
	if w.certificate != nil {
		w.certificate.Version = version
	}
	return err
}

func connectDTLS(ctx context.Context, at netip.AddrPort, host string) (net.Conn, *Certificate, error) {
	socket, err := net.ListenUDP("udp", nil)
	if err != nil {
		return nil, nil, err
	}
	seen := new(witness)
	conn, err := dtls.ClientWithOptions(socket, net.UDPAddrFromAddrPort(at), dtls.WithServerName(host), dtls.WithInsecureSkipVerify(true), dtls.WithLoggerFactory(quiet{}),
		dtls.WithVerifyPeerCertificate(func(raw [][]byte, _ [][]*x509.Certificate) error {
			var chain []*x509.Certificate
			for _, der := range raw {
				c, err := x509.ParseCertificate(der)
				if err != nil {
					return err
				}
				chain = append(chain, c)
			}
			return seen.judge(chain, host, "DTLS 1.2")
		}))
	if err == nil {
		err = conn.HandshakeContext(ctx)
	}
	if err != nil {
		socket.Close()
		return nil, seen.certificate, explain(ctx, err)
	}
	return conn, seen.certificate, nil
}

// explain makes of a library's error one that says what happened.
func explain(ctx context.Context, err error) error {
	var (
		record tls.RecordHeaderError
		bad    *badCertificate
	)
	switch {
	case err == nil:
		return nil
	case errors.As(err, &bad):
		return bad
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.As(err, &record):
		return errNotTLS
	case isRefused(err):
		return errRefused
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ETIMEDOUT):
		return errSilent
	case errors.Is(err, io.EOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return errHandshake
	}
	return fmt.Errorf("connect: %w", err)
}

// quiet keeps the libraries' own logs out of ours.
type quiet struct{}

func (quiet) NewLogger(scope string) logging.LeveledLogger {
	return logging.NewDefaultLeveledLoggerForScope(scope, logging.LogLevelDisabled, nil)
}

func isClosed(err error) bool { return errors.Is(err, net.ErrClosed) }
