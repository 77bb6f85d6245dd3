//go:build linux

package mmsg

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"
)

const nameSize = unix.SizeofSockaddrInet6

// A Name is a socket address as the kernel reads and writes it. Names can be compared.
type Name [nameSize]byte

// NameOf returns the name of an address.
func NameOf(a netip.AddrPort) (n Name) {
	binary.BigEndian.PutUint16(n[2:], a.Port())
	if a.Addr().Is4() {
		binary.NativeEndian.PutUint16(n[:], unix.AF_INET)
		ip := a.Addr().As4()
		copy(n[4:], ip[:])
		return n
	}
	binary.NativeEndian.PutUint16(n[:], unix.AF_INET6)
	ip := a.Addr().As16()
	copy(n[8:], ip[:])
	return n
}

// AddrPort is the address of a name.
func (n *Name) AddrPort() netip.AddrPort {
	port := binary.BigEndian.Uint16(n[2:])
	if n.is4() {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(n[4:8])), port)
	}
	return netip.AddrPortFrom(netip.AddrFrom16([16]byte(n[8:24])), port)
}

func (n *Name) is4() bool { return binary.NativeEndian.Uint16(n[:]) == unix.AF_INET }

func (n *Name) size() uint32 {
	if n.is4() {
		return unix.SizeofSockaddrInet4
	}
	return unix.SizeofSockaddrInet6
}
