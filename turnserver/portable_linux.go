package turnserver

import (
	"errors"
	"net/netip"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// dontFragment tells whether the DF bit of one datagram can be set.
const dontFragment = true

// A datagram is room for one, and for who sent it.
type datagram struct {
	data [maxDatagram]byte
	from sockname
}

// datagrams are those that nobody uses. An idle relay socket has none: it takes one when there is something to read.
var datagrams = sync.Pool{New: func() any { return new(datagram) }}

// receive is recvfrom without what package unix does beside it: another system call, and memory for the address.
func (d *datagram) receive(fd uintptr) (int, error) {
	size := uint32(len(d.from))
	n, _, errno := unix.Syscall6(unix.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&d.data)), maxDatagram, 0,
		uintptr(unsafe.Pointer(&d.from)), uintptr(unsafe.Pointer(&size)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

func (r portableSocket) prepare() { r.control(tellErrors) }

func (r portableSocket) control(do func(fd int)) {
	if raw, err := r.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { do(int(fd)) })
	}
}

// sendUnfragmented sends with the DF bit; what is larger than the path takes is lost, and ICMP tells the client so.
func (r portableSocket) sendUnfragmented(to netip.AddrPort, data []byte) (undisturbed bool) {
	r.control(func(fd int) { setDontFragment(fd, true) })
	undisturbed = r.send(to, data)
	r.control(func(fd int) { setDontFragment(fd, false) })
	return undisturbed
}

// takeErrors reads what a disturbed send has left.
func (r portableSocket) takeErrors() (reports []icmpReport) {
	r.control(func(fd int) { reports = readErrors(fd) })
	return reports
}

// readPeers feeds the shard what peers send to a relay socket, and the ICMP errors that come back, until it is closed.
func (p *portable) readPeers(r *relaySocket, socket portableSocket) {
	raw, err := socket.SyscallConn()
	if err != nil {
		return
	}
	for {
		var d *datagram
		var n int
		var failed error
		var reports []icmpReport
		err := raw.Read(func(fd uintptr) bool {
			d = datagrams.Get().(*datagram)
			n, failed = d.receive(fd)
			if errors.Is(failed, unix.EAGAIN) {
				datagrams.Put(d)
				return false
			}
			if failed != nil {
				reports = readErrors(int(fd))
			}
			return true
		})
		if err != nil {
			return // closed
		}
		if failed == nil {
			p.peer(r, d.from.addrPort(), d.data[:n])
		}
		datagrams.Put(d)
		for _, e := range reports {
			p.shard.locked(func(now time.Time) { p.shard.fromICMP(now, r.id, e) })
		}
	}
}
