//go:build linux

// Package mmsg sends and receives many datagrams in one system call, without
// allocating. It has no goroutine and no lock: a Batch belongs to one goroutine.
package mmsg

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// Size is how many datagrams a Batch holds.
const Size = 64

// header is struct mmsghdr.
type header struct {
	unix.Msghdr
	n uint32
}

// A Batch is room for datagrams with their addresses and control messages.
type Batch struct {
	headers [Size]header
	iovecs  [Size]unix.Iovec
	names   [Size]Name
	control [Size][controlSize]byte
	buffers [Size][]byte
	room    int // bytes of a buffer before the datagram
	dirty   int // how many headers the last Receive has written to
}

// NewBatch makes room for datagrams of up to size bytes.
func NewBatch(size int) *Batch { return NewBatchAfter(0, size) }

// NewBatchAfter leaves room before each datagram, for a header.
func NewBatchAfter(room, size int) *Batch {
	b := &Batch{room: room, dirty: Size}
	all := make([]byte, Size*(room+size))
	for i := range Size {
		b.buffers[i] = all[i*(room+size) : (i+1)*(room+size) : (i+1)*(room+size)]
		h := &b.headers[i]
		h.Iov = &b.iovecs[i]
		h.SetIovlen(1)
		b.iovecs[i].Base = &b.buffers[i][room]
		b.iovecs[i].SetLen(size)
	}
	return b
}

// Receive takes what the socket has, into the slots from first on, and does not wait.
func (b *Batch) Receive(fd, first int) (n int, err unix.Errno) {
	for i := first; i < max(b.dirty, first); i++ {
		h := &b.headers[i]
		h.Name, h.Namelen = &b.names[i][0], nameSize
		h.Control = &b.control[i][0]
		h.SetControllen(controlSize)
	}
	r, _, err := unix.RawSyscall6(unix.SYS_RECVMMSG, uintptr(fd), uintptr(unsafe.Pointer(&b.headers[first])), uintptr(Size-first), unix.MSG_DONTWAIT, 0, 0)
	if err != 0 {
		b.dirty = first
		return 0, err
	}
	b.dirty = first + int(r)
	return int(r), 0
}

// Send sends the slots from first to last, without waiting. What the kernel refuses for another reason than a full socket is left out: a datagram may
// be lost.
func (b *Batch) Send(fd, first, last int) (sent int, err unix.Errno) {
	for first < last {
		r, _, err := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(&b.headers[first])), uintptr(last-first), unix.MSG_DONTWAIT, 0, 0)
		if err == unix.EAGAIN || err == unix.ENOBUFS {
			return sent, err
		}
		if err != 0 {
			first++ // the error of one datagram, or an ICMP error of an earlier one
			continue
		}
		first += int(r)
		sent += int(r)
	}
	return sent, 0
}

// Data is the datagram that was received into a slot.
func (b *Batch) Data(i int) []byte { return b.buffers[i][b.room:][:b.headers[i].n] }

// Whole is the datagram with the room before it.
func (b *Batch) Whole(i int) []byte { return b.buffers[i][:b.room+int(b.headers[i].n)] }

// From is the address of who sent it.
func (b *Batch) From(i int) *Name { return &b.names[i] }

// Buffer is the room of a slot, for who fills it.
func (b *Batch) Buffer(i int) []byte { return b.buffers[i] }

// Fill makes a slot send n bytes of its own buffer. The name is not copied; nothing may stand before the bytes.
func (b *Batch) Fill(i int, to *Name, n int) {
	b.headers[i].Name, b.headers[i].Namelen = &to[0], to.size()
	b.iovecs[i].SetLen(n)
}

// Point makes a slot send bytes that stand elsewhere, such as in a Batch that has received them.
func (b *Batch) Point(i int, to *Name, data []byte) {
	b.headers[i].Name, b.headers[i].Namelen = &to[0], to.size()
	b.iovecs[i].Base = unsafe.SliceData(data)
	b.iovecs[i].SetLen(len(data))
}
