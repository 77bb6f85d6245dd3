package turnserver

import (
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// tellErrors asks for ICMP errors. Without it the kernel keeps them from a socket that is not connected.
func tellErrors(fd int) {
	// One of the two fits the socket's family.
	_ = unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_RECVERR, 1)
	_ = unix.SetsockoptInt(fd, unix.SOL_IPV6, unix.IPV6_RECVERR, 1)
}

// setDontFragment lets the socket set the DF bit, or leave it to the kernel as usual.
func setDontFragment(fd int, on bool) {
	v4, v6 := unix.IP_PMTUDISC_WANT, unix.IPV6_PMTUDISC_WANT
	if on {
		v4, v6 = unix.IP_PMTUDISC_DO, unix.IPV6_PMTUDISC_DO
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_MTU_DISCOVER, v4)
	_ = unix.SetsockoptInt(fd, unix.SOL_IPV6, unix.IPV6_MTU_DISCOVER, v6)
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
