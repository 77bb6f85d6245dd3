package turnserver

import (
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"turnpike/turnserver/turn"
)

// dontFragment tells whether the DF bit of one datagram can be set.
const dontFragment = true

// A datagram is room for one, and for who sent it.
type datagram struct {
	data [maxDatagram]byte
	from unix.RawSockaddrAny
}

// datagrams are those that nobody uses. An idle relay socket has none: it takes one when there is something to read.
var datagrams = sync.Pool{New: func() any { return new(datagram) }}

// receive is recvfrom without what package unix does beside it: another system call, and memory for the address.
func (d *datagram) receive(fd uintptr) (int, error) {
	size := uint32(unix.SizeofSockaddrAny)
	n, _, errno := unix.Syscall6(unix.SYS_RECVFROM, fd, uintptr(unsafe.Pointer(&d.data)), maxDatagram, 0,
		uintptr(unsafe.Pointer(&d.from)), uintptr(unsafe.Pointer(&size)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

func (d *datagram) peer() netip.AddrPort {
	switch d.from.Addr.Family {
	case unix.AF_INET:
		a := (*unix.RawSockaddrInet4)(unsafe.Pointer(&d.from))
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), hostOrder(a.Port))
	case unix.AF_INET6:
		a := (*unix.RawSockaddrInet6)(unsafe.Pointer(&d.from))
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr).Unmap(), hostOrder(a.Port))
	}
	return netip.AddrPort{}
}

// hostOrder is a port that the kernel has in the order of the network.
func hostOrder(port uint16) uint16 {
	return binary.BigEndian.Uint16(binary.NativeEndian.AppendUint16(nil, port))
}

// prepareRelay asks for ICMP errors. Without it the kernel keeps them from a socket that is not connected.
func prepareRelay(conn *net.UDPConn) {
	controlSocket(conn, func(fd int) {
		// One of the two fits the socket's family.
		_ = unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_RECVERR, 1)
		_ = unix.SetsockoptInt(fd, unix.SOL_IPV6, unix.IPV6_RECVERR, 1)
	})
}

func controlSocket(conn *net.UDPConn, do func(fd int)) {
	if raw, err := conn.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { do(int(fd)) })
	}
}

// sendUnfragmented sends with the DF bit; what is larger than the path takes is lost, and ICMP tells the client so.
func (r *relaySocket) sendUnfragmented(to netip.AddrPort, data []byte) (undisturbed bool) {
	discover := func(v4, v6 int) {
		controlSocket(r.conn, func(fd int) {
			_ = unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_MTU_DISCOVER, v4)
			_ = unix.SetsockoptInt(fd, unix.SOL_IPV6, unix.IPV6_MTU_DISCOVER, v6)
		})
	}
	discover(unix.IP_PMTUDISC_DO, unix.IPV6_PMTUDISC_DO)
	undisturbed = r.send(to, data)
	discover(unix.IP_PMTUDISC_WANT, unix.IPV6_PMTUDISC_WANT)
	return undisturbed
}

// takeErrors reads what a disturbed send has left.
func (r *relaySocket) takeErrors() (reports []icmpReport) {
	controlSocket(r.conn, func(fd int) { reports = readErrors(fd) })
	return reports
}

// readPeers feeds the shard what peers send to a relay socket, and the ICMP errors that come back, until it is closed.
func (sh *shard) readPeers(id turn.RelayID, r *relaySocket) {
	raw, err := r.conn.SyscallConn()
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
			sh.peer(id, d.peer(), d.data[:n])
		}
		datagrams.Put(d)
		for _, e := range reports {
			sh.icmp(id, e)
		}
	}
}

func sockaddr(s unix.Sockaddr) netip.AddrPort {
	switch a := s.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr).Unmap(), uint16(a.Port))
	}
	return netip.AddrPort{}
}

// maxReports bounds how many errors are taken at once; the others wait.
const maxReports = 16

// readErrors reads the socket's error queue.
func readErrors(fd int) (reports []icmpReport) {
	var data [1]byte
	var oob [512]byte
	for len(reports) < maxReports {
		_, n, _, to, err := unix.Recvmsg(fd, data[:], oob[:], unix.MSG_ERRQUEUE)
		if err != nil {
			return reports
		}
		messages, err := unix.ParseSocketControlMessage(oob[:n])
		if err != nil {
			continue
		}
		for _, m := range messages {
			if len(m.Data) < int(unsafe.Sizeof(unix.SockExtendedErr{})) {
				continue
			}
			e := (*unix.SockExtendedErr)(unsafe.Pointer(&m.Data[0]))
			report := icmpReport{peer: sockaddr(to), typ: e.Type, code: e.Code}
			switch {
			case e.Origin == unix.SO_EE_ORIGIN_LOCAL && e.Errno == uint32(unix.EMSGSIZE):
				// The path's MTU is known already; it is as if the ICMP message had come now.
				report.typ, report.code, report.info = 3, 4, e.Info
				if report.peer.Addr().Is6() {
					report.typ, report.code = 2, 0
				}
			case e.Origin == unix.SO_EE_ORIGIN_ICMP || e.Origin == unix.SO_EE_ORIGIN_ICMP6:
				if e.Errno == uint32(unix.EMSGSIZE) {
					report.info = e.Info
				}
			default:
				continue
			}
			reports = append(reports, report)
		}
	}
	return reports
}

// icmp tells the core of an error.
func (sh *shard) icmp(id turn.RelayID, e icmpReport) {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if !sh.done {
		sh.do(sh.core.ICMP(time.Now(), id, e.peer, e.typ, e.code, e.info))
	}
}
