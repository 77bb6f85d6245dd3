package turnserver

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"turnpike/turnserver/turn"
)

// handshakeTime is how long a stream may take to say what it is, TLS handshake included. Only tests change it.
var handshakeTime = 10 * time.Second

// sawFailedHandshake counts a handshake of TLS or DTLS that failed, and tells whoever watches the client's network. name is the server name that was asked
// for, if any.
func (s *Server) sawFailedHandshake(client turn.FiveTuple, name string, err error) {
	s.refused.handshake.Add(1)
	if !s.registry.Watched() {
		return
	}
	now := time.Now()
	x := turn.Sighting{At: now, Kind: turn.SawFailedHandshake, Client: client, Name: name, Reason: handshakeReason(err)}
	// Clients send the same alert for whatever they do not like about a certificate.
	if cert := s.certificate(); cert != nil && now.After(cert.NotAfter) {
		x.By = now.Sub(cert.NotAfter)
	}
	s.registry.Tell(x)
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
