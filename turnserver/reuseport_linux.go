package turnserver

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// reusePort tells whether the kernel spreads the flows of one address over several sockets.
const reusePort = true

func setReusePort(_, _ string, c syscall.RawConn) error {
	var err error
	if cerr := c.Control(func(fd uintptr) { err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1) }); cerr != nil {
		return cerr
	}
	return err
}
