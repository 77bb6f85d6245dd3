package turnserver

import (
	"encoding/binary"
	"net/netip"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	sendSlots     = 256
	keepSize      = 1 << 18 // bytes of data that stands nowhere else
	channelHeader = 4

	// A run of datagrams to one address that are equally long, the last perhaps shorter, goes to the kernel as one (UDP_SEGMENT). Where one of them would not
	// pass the path whole the kernel refuses them all, so they are no longer than what every path of IPv6 takes.
	maxRun     = 32
	maxSegment = 1280 - 40 - 8
	maxRunSize = 60_000
)

// A sending is a datagram that waits to be sent.
type sending struct {
	name    sockname
	namelen uint32
	next    int32
	headed  bool                // by head; else there was room before the data
	head    [channelHeader]byte // of ChannelData
	data    []byte
}

func (d *sending) size() int {
	if d.headed {
		return len(d.head) + len(d.data)
	}
	return len(d.data)
}

// A list are the datagrams of one socket, by their places.
type list struct{ first, last int32 }

var emptyList = list{-1, -1}

// A sendQueue has what is to be sent: a list for each socket that something waits for.
type sendQueue struct {
	datagrams [sendSlots]sending
	used      int
	sockets   []*batchedSocket
	kept      []byte
	dropped   *atomic.Uint64 // what no buffer of the kernel had room for

	// one socket's list as the kernel takes it
	messages [sendSlots]mmsghdr
	runs     [sendSlots]run
	iovecs   [2 * sendSlots]unix.Iovec
	control  [sendSlots][24]byte // a cmsg with a uint16
}

// A run is what one message consists of.
type run struct {
	first, last, count int32 // datagrams
	size, total        int   // of all but the last one, and of all
}

func newSendQueue(dropped *atomic.Uint64) *sendQueue {
	q := &sendQueue{kept: make([]byte, 0, keepSize), dropped: dropped}
	for i := range q.control {
		c := q.control[i][:]
		h := (*unix.Cmsghdr)(unsafe.Pointer(&c[0]))
		h.Level, h.Type = unix.SOL_UDP, unix.UDP_SEGMENT
		h.SetLen(unix.CmsgLen(2))
	}
	return q
}

// keep copies data to where it stays until it has been sent, with room for a header before it.
func (q *sendQueue) keep(data []byte) []byte {
	if len(q.kept)+channelHeader+len(data) >= cap(q.kept) {
		q.flushAll()
	}
	n := len(q.kept) + channelHeader
	q.kept = q.kept[:n]
	q.kept = append(q.kept, data...)
	return q.kept[n:] // with a capacity, since an empty slice without one points elsewhere
}

// add lets a datagram wait, ChannelData where channel is not 0; room tells whether its header may be written before the data.
func (q *sendQueue) add(s *batchedSocket, to netip.AddrPort, channel uint16, data []byte, room bool) {
	if q.used == sendSlots {
		// What is kept must stay: the datagram at hand may be in it.
		q.sendAll()
	}
	i := int32(q.used)
	q.used++
	d := &q.datagrams[i]
	d.namelen = d.name.set(to)
	d.next = -1
	d.headed = channel != 0 && !room
	d.data = data
	if channel != 0 {
		head := d.head[:]
		if room {
			d.data = unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(data)), -channelHeader)), channelHeader+len(data))
			head = d.data
		}
		binary.BigEndian.PutUint16(head, channel)
		binary.BigEndian.PutUint16(head[2:], uint16(len(data)))
	}
	if s.waiting.first < 0 {
		s.waiting.first = i
		q.sockets = append(q.sockets, s)
	} else {
		q.datagrams[s.waiting.last].next = i
	}
	s.waiting.last = i
}

func (q *sendQueue) flushAll() {
	q.sendAll()
	q.kept = q.kept[:0]
}

func (q *sendQueue) sendAll() {
	for i, s := range q.sockets {
		q.flush(s)
		q.sockets[i] = nil
	}
	q.sockets = q.sockets[:0]
	q.used = 0
}

// flush sends what waits for one socket.
func (q *sendQueue) flush(s *batchedSocket) {
	if s.waiting.first < 0 {
		return
	}
	n := q.build(s.waiting.first, !s.unmerged)
	s.waiting = emptyList
	q.send(s, n)
}

// build makes messages of a list.
func (q *sendQueue) build(first int32, merge bool) (n int) {
	iovecs := 0
	for i := first; i >= 0; i = q.datagrams[i].next {
		d := &q.datagrams[i]
		if n == 0 || !merge || !q.joins(&q.runs[n-1], d) {
			m := &q.messages[n]
			m.Name, m.Namelen = &d.name[0], d.namelen
			m.Iov = &q.iovecs[iovecs]
			m.SetIovlen(0)
			m.Control = nil
			m.SetControllen(0)
			q.runs[n] = run{first: i, size: d.size()}
			n++
		}
		m, r := &q.messages[n-1], &q.runs[n-1]
		r.last = i
		r.count++
		r.total += d.size()
		vectors := int(m.Iovlen)
		if d.headed {
			q.iovecs[iovecs].Base = &d.head[0]
			q.iovecs[iovecs].SetLen(len(d.head))
			iovecs++
			vectors++
		}
		q.iovecs[iovecs].Base = unsafe.SliceData(d.data)
		q.iovecs[iovecs].SetLen(len(d.data))
		iovecs++
		m.SetIovlen(vectors + 1)
		if r.count == 2 {
			c := &q.control[n-1]
			binary.NativeEndian.PutUint16(c[unix.SizeofCmsghdr:], uint16(r.size))
			m.Control = &c[0]
			m.SetControllen(len(c))
		}
	}
	return n
}

// joins tells whether the datagram can be in one message with those before it.
func (q *sendQueue) joins(r *run, d *sending) bool {
	first, last, size := &q.datagrams[r.first], &q.datagrams[r.last], d.size()
	return d.headed == first.headed && size <= r.size && size > 0 && r.size <= maxSegment && last.size() == r.size &&
		r.count < maxRun && r.total+size <= maxRunSize && first.name == d.name
}

// send sends the first n messages. One that fails is sent once more, since the error may be an earlier one's, which ICMP has brought.
func (q *sendQueue) send(s *batchedSocket, n int) {
	again := false
	for i := 0; i < n; {
		sent, errno := q.call(s.fd, i, n)
		switch {
		case errno == 0:
			i += sent
			again = false
			continue
		case errno == unix.EAGAIN || errno == unix.ENOBUFS:
			q.dropped.Add(uint64(q.runs[i].count))
		case !again:
			again = true
			continue
		case q.runs[i].count > 1:
			// One by one they may pass: the device cannot do it, or the path is narrow.
			s.unmerged = s.unmerged || errno == unix.EIO || errno == unix.EINVAL
			q.sendSingly(s, i)
		}
		i++
		again = false
	}
}

// sendSingly sends the datagrams of one message one by one.
func (q *sendQueue) sendSingly(s *batchedSocket, i int) {
	m, r := q.messages[i], q.runs[i]
	vectors := int(m.Iovlen) / int(r.count)
	m.Control = nil
	m.SetControllen(0)
	for k := range int(r.count) {
		one := m
		one.Iov = (*unix.Iovec)(unsafe.Add(unsafe.Pointer(m.Iov), k*vectors*int(unsafe.Sizeof(unix.Iovec{}))))
		one.SetIovlen(vectors)
		q.messages[i], q.runs[i] = one, run{count: 1}
		for range 2 {
			_, errno := q.call(s.fd, i, i+1)
			if errno == 0 || errno == unix.EAGAIN || errno == unix.ENOBUFS {
				break
			}
		}
	}
}

// call gives the kernel the messages from i to n, and returns how many it has taken. One alone goes by the cheapest of all system calls.
func (q *sendQueue) call(fd, i, n int) (sent int, errno unix.Errno) {
	m := &q.messages[i]
	if n-i == 1 && m.Iovlen == 1 {
		_, _, errno = unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(m.Iov.Base)), uintptr(m.Iov.Len), unix.MSG_DONTWAIT,
			uintptr(unsafe.Pointer(m.Name)), uintptr(m.Namelen))
		return 1, errno
	}
	r, _, errno := unix.RawSyscall6(unix.SYS_SENDMMSG, uintptr(fd), uintptr(unsafe.Pointer(m)), uintptr(n-i), unix.MSG_DONTWAIT, 0, 0)
	return int(r), errno
}
