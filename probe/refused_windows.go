package probe

import (
	"errors"
	"syscall"
)

// isRefused tells an ICMP error of an earlier datagram, or a TCP reset in the place of a handshake.
func isRefused(err error) bool {
	const wsaeConnRefused = syscall.Errno(10061)
	return errors.Is(err, wsaeConnRefused) || errors.Is(err, syscall.WSAECONNRESET)
}
