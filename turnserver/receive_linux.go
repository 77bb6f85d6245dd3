package turnserver

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	receiveSlots = 64
	// slotSize holds the longest datagram and the longest run of merged ones; only the pages in use are in memory. It is no multiple of a power of two, since
	// short datagrams would all fall into the same lines of the cache.
	slotSize = 1<<16 + 1<<12 + 3*64
	// headroom is what a slot has before the data, for a header.
	headroom = 64
)

// mmsghdr is the kernel's struct.
type mmsghdr struct {
	unix.Msghdr
	n uint32
}

// sockname is the longest socket address that we use.
type sockname [unix.SizeofSockaddrInet6]byte

// A slot is where a datagram is received, or a run of merged ones.
type slot struct {
	header  *mmsghdr
	several bool // it holds several datagrams, without room between them
	buffer  []byte
	name    sockname
	control [24]byte // a cmsg with an int
	iovec   unix.Iovec
}

// A receiveBatch has the datagrams of one round, which stay until clear.
type receiveBatch struct {
	headers [receiveSlots]mmsghdr
	slots   [receiveSlots]slot
	memory  []byte
	used    int
	dirty   int // how many headers the kernel has written to
}

// newReceiveBatch takes its memory from the system, so that the garbage collector does not take it for a reason to let the heap grow.
func newReceiveBatch() (*receiveBatch, error) {
	memory, err := unix.Mmap(-1, 0, receiveSlots*slotSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil, fmt.Errorf("memory for datagrams: %w", err)
	}
	b := &receiveBatch{memory: memory, dirty: receiveSlots}
	for i := range b.slots {
		s := &b.slots[i]
		s.header = &b.headers[i]
		s.buffer = b.memory[i*slotSize+headroom:][: 1<<16 : 1<<16]
		s.iovec.Base = &s.buffer[0]
		s.iovec.SetLen(len(s.buffer))
		s.header.Iov = &s.iovec
		s.header.SetIovlen(1)
		s.header.Name = &s.name[0]
		s.header.Control = &s.control[0]
	}
	b.clear()
	return b, nil
}

// free gives the memory back; nothing may be received any more.
func (b *receiveBatch) free() {
	_ = unix.Munmap(b.memory)
	b.memory = nil
}

func (b *receiveBatch) room() int { return receiveSlots - b.used }

// clear makes all slots free.
func (b *receiveBatch) clear() {
	for i := range b.headers[:b.dirty] {
		h := &b.headers[i]
		h.Namelen = uint32(len(sockname{}))
		h.SetControllen(len(slot{}.control))
	}
	b.used, b.dirty = 0, 0
}

// holds tells whether data has been received here, and whether there is room for a header before it.
func (b *receiveBatch) holds(data []byte) (here, room bool) {
	at := uintptr(unsafe.Pointer(unsafe.SliceData(data))) - uintptr(unsafe.Pointer(unsafe.SliceData(b.memory)))
	if at >= uintptr(len(b.memory)) {
		return false, false
	}
	return true, !b.slots[at/slotSize].several
}

// receive takes up to n of what a socket has, as far as there is room.
func (b *receiveBatch) receive(fd, n int) []slot {
	r, _, errno := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&b.headers[b.used])), uintptr(min(n, b.room())), unix.MSG_DONTWAIT, 0, 0)
	if errno != 0 {
		return nil // nothing, or the error of an earlier datagram; then the socket is ready again
	}
	return b.take(int(r))
}

// receiveOne is receive for one datagram that cannot be merged, by the cheapest of all system calls.
func (b *receiveBatch) receiveOne(fd int) []slot {
	s := &b.slots[b.used]
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&s.buffer[0])), uintptr(len(s.buffer)), unix.MSG_DONTWAIT,
		uintptr(unsafe.Pointer(&s.name)), uintptr(unsafe.Pointer(&s.header.Namelen)))
	if errno != 0 {
		return nil
	}
	s.header.n = uint32(n)
	s.header.SetControllen(0)
	return b.take(1)
}

func (b *receiveBatch) take(n int) []slot {
	got := b.slots[b.used : b.used+n]
	b.used += n
	b.dirty = b.used
	return got
}

// datagrams returns who sent what is in the slot, and how long each datagram is but the last.
func (s *slot) datagrams() (from netip.AddrPort, data []byte, size int) {
	data = s.buffer[:s.header.n]
	size = len(data)
	if n := s.segment(); n > 0 {
		size = n
	}
	s.several = size < len(data)
	return s.name.addrPort(), data, size
}

// segment is what UDP_GRO tells.
func (s *slot) segment() int {
	h := (*unix.Cmsghdr)(unsafe.Pointer(&s.control[0]))
	if s.header.Controllen < unix.SizeofCmsghdr || h.Level != unix.SOL_UDP || h.Type != unix.UDP_GRO {
		return 0
	}
	return int(int32(binary.NativeEndian.Uint32(s.control[unix.SizeofCmsghdr:])))
}

func (n *sockname) addrPort() netip.AddrPort {
	port := binary.BigEndian.Uint16(n[2:])
	if binary.NativeEndian.Uint16(n[:]) == unix.AF_INET {
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte(n[4:8])), port)
	}
	return netip.AddrPortFrom(netip.AddrFrom16([16]byte(n[8:24])).Unmap(), port)
}

// set makes it the name of an address, and returns its length.
func (n *sockname) set(a netip.AddrPort) uint32 {
	binary.BigEndian.PutUint16(n[2:], a.Port())
	if a.Addr().Is4() {
		binary.NativeEndian.PutUint16(n[:], unix.AF_INET)
		ip := a.Addr().As4()
		copy(n[4:], ip[:])
		clear(n[8:])
		return unix.SizeofSockaddrInet4
	}
	binary.NativeEndian.PutUint16(n[:], unix.AF_INET6)
	ip := a.Addr().As16()
	copy(n[8:], ip[:])
	clear(n[4:8])
	clear(n[24:])
	return unix.SizeofSockaddrInet6
}
