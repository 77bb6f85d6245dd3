//go:build !linux

package turnserver

import "syscall"

// reusePort: elsewhere SO_REUSEPORT hands every flow to one socket, or there is none; one shard serves all.
const reusePort = false

func setReusePort(_, _ string, _ syscall.RawConn) error { return nil }
