//go:build linux

package mmsg

import (
	"encoding/binary"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

// controlSize is room for an address and a time.
const controlSize = 128

// Learn asks the kernel to tell of every datagram to which of our addresses it came, and when.
func Learn(fd int, v6 bool) error {
	level, option := unix.IPPROTO_IP, unix.IP_PKTINFO
	if v6 {
		level, option = unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO
	}
	if err := unix.SetsockoptInt(fd, level, option, 1); err != nil {
		return err
	}
	return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
}

// Arrival tells to which address the datagram of a slot came, by its last 32 bits, and when, in ns of the wall clock.
func (b *Batch) Arrival(i int) (host uint32, at int64) {
	oob := b.control[i][:b.headers[i].Controllen]
	for len(oob) >= unix.SizeofCmsghdr {
		h := (*unix.Cmsghdr)(unsafe.Pointer(&oob[0]))
		n := int(h.Len)
		if n < unix.SizeofCmsghdr || n > len(oob) {
			break
		}
		data := oob[unix.CmsgLen(0):n]
		switch {
		case h.Level == unix.IPPROTO_IP && h.Type == unix.IP_PKTINFO && len(data) >= unix.SizeofInet4Pktinfo:
			host = binary.BigEndian.Uint32(data[8:])
		case h.Level == unix.IPPROTO_IPV6 && h.Type == unix.IPV6_PKTINFO && len(data) >= unix.SizeofInet6Pktinfo:
			host = binary.BigEndian.Uint32(data[12:])
		case h.Level == unix.SOL_SOCKET && h.Type == unix.SCM_TIMESTAMPNS && len(data) >= 16:
			at = int64(binary.NativeEndian.Uint64(data))*1e9 + int64(binary.NativeEndian.Uint64(data[8:]))
		}
		oob = oob[min(unix.CmsgSpace(n-unix.CmsgLen(0)), len(oob)):]
	}
	return host, at
}

// Leave makes all slots send from addresses of a network, which need not be those of an interface.
func (b *Batch) Leave(network netip.Addr) {
	for i := range Size {
		c := b.control[i][:]
		h := (*unix.Cmsghdr)(unsafe.Pointer(&c[0]))
		size := unix.SizeofInet4Pktinfo
		if network.Is4() {
			h.Level, h.Type = unix.IPPROTO_IP, unix.IP_PKTINFO
		} else {
			size = unix.SizeofInet6Pktinfo
			h.Level, h.Type = unix.IPPROTO_IPV6, unix.IPV6_PKTINFO
			ip := network.As16()
			copy(c[unix.CmsgLen(0):], ip[:])
		}
		h.SetLen(unix.CmsgLen(size))
		b.headers[i].Control = &c[0]
		b.headers[i].SetControllen(unix.CmsgSpace(size))
	}
}

// Source sets the last 32 bits of the address that a slot sends from.
func (b *Batch) Source(i int, host uint32) {
	at := 4 // ipi_spec_dst
	if int(b.headers[i].Controllen) == unix.CmsgSpace(unix.SizeofInet6Pktinfo) {
		at = 12
	}
	binary.BigEndian.PutUint32(b.control[i][unix.CmsgLen(0)+at:], host)
}
