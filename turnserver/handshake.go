package turnserver

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"syscall"
	"time"

	"turnpike/turnserver/turn"
)

// handshakeTime is how long a stream may take to say what it is, TLS handshake included. Only tests change it.
var handshakeTime = 10 * time.Second

// sawFailedHandshake counts a handshake of TLS or DTLS that failed, and tells whoever watches the client's network.
func (s *Server) sawFailedHandshake(client, at netip.AddrPort, transport turn.Transport, err error) {
	s.refused.handshake.Add(1)
	s.registry.Tell(turn.Sighting{
		At:     time.Now(),
		Kind:   turn.SawFailedHandshake,
		Client: turn.FiveTuple{Client: client, Server: at, Transport: transport},
		Reason: handshakeReason(err),
	})
}

// maxReason is in bytes: an error may quote what the client has sent.
const maxReason = 120

// handshakeReason is why a handshake failed, in a few words: the client's alert (RFC 8446 §6.2) where it sent one.
func handshakeReason(err error) string {
	var op *net.OpError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return "closed by the client"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "timeout"
	case errors.As(err, &op) && op.Op == "remote error":
		err = op.Err
	}
	reason := strings.TrimPrefix(err.Error(), "tls: ")
	return strings.ToValidUTF8(reason[:min(len(reason), maxReason)], "")
}
