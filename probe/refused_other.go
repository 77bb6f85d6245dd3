//go:build !windows

package probe

import (
	"errors"
	"syscall"
)

// isRefused tells an ICMP error of an earlier datagram, or a TCP reset in the place of a handshake.
func isRefused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }
