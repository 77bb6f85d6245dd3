//go:build unix

package turnserver

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Why an address cannot be bound.
const (
	addressInUse  = syscall.EADDRINUSE
	noSuchAddress = syscall.EADDRNOTAVAIL
	notPermitted  = syscall.EACCES
)

// sharePort lets a listener and the connections that leave from its port have the same address.
func sharePort(_, _ string, c syscall.RawConn) error {
	var err error
	if cerr := c.Control(func(fd uintptr) {
		if err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEADDR, 1); err == nil {
			err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
		}
	}); cerr != nil {
		return cerr
	}
	return err
}
