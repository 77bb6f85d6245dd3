//go:build unix

package turnserver

import (
	"errors"
	"net/netip"
	"sync"
	"syscall"

	"turnpike/turnserver/turn"
)

// datagrams are buffers for one datagram each. An idle relay socket has none: it takes one when there is something to read.
var datagrams = sync.Pool{New: func() any { b := make([]byte, maxDatagram); return &b }}

// readPeers feeds the shard what peers send to a relay socket, until it is closed.
func (sh *shard) readPeers(id turn.RelayID, r *relaySocket) {
	raw, err := r.conn.SyscallConn()
	if err != nil {
		return
	}
	for {
		var buf *[]byte
		var n int
		var from syscall.Sockaddr
		var failed error
		err := raw.Read(func(fd uintptr) bool {
			buf = datagrams.Get().(*[]byte)
			n, from, failed = syscall.Recvfrom(int(fd), *buf, 0)
			if errors.Is(failed, syscall.EAGAIN) {
				datagrams.Put(buf)
				return false
			}
			return true
		})
		if err != nil {
			return // closed
		}
		if failed == nil {
			sh.peer(id, addrPort(from), (*buf)[:n])
		}
		datagrams.Put(buf)
	}
}

func addrPort(s syscall.Sockaddr) netip.AddrPort {
	switch a := s.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *syscall.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr).Unmap(), uint16(a.Port))
	}
	return netip.AddrPort{}
}
