package turnserver

import (
	"syscall"

	"golang.org/x/sys/windows"
)

// Why an address cannot be bound; the names of package syscall stand for other numbers here.
const (
	addressInUse  = windows.WSAEADDRINUSE
	noSuchAddress = windows.WSAEADDRNOTAVAIL
	notPermitted  = windows.WSAEACCES
)

// sharePort: here SO_REUSEADDR alone lets several sockets have one address.
func sharePort(_, _ string, c syscall.RawConn) error {
	var err error
	if cerr := c.Control(func(fd uintptr) {
		err = syscall.SetsockoptInt(syscall.Handle(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1)
	}); cerr != nil {
		return cerr
	}
	return err
}
