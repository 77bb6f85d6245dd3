package turnserver

import (
	"net"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func newBatchedSocket(t *testing.T) *batchedSocket {
	t.Helper()
	s, err := bindBatched(netip.AddrPortFrom(loopback, 0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// arrived are the lengths of the datagrams that come to c.
func arrived(t *testing.T, c *net.UDPConn, n int) (lengths []int) {
	t.Helper()
	buf := make([]byte, 1<<16)
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	for range n {
		size, err := c.Read(buf)
		if err != nil {
			t.Fatalf("%v came, then: %v", lengths, err)
		}
		lengths = append(lengths, size)
	}
	return lengths
}

func TestDatagramThatCannotBeSentCostsNoOther(t *testing.T) {
	for name, bad := range map[string]struct {
		to   netip.AddrPort
		size int
	}{
		"too long (EMSGSIZE)":   {netip.AddrPortFrom(loopback, 9), 65508},
		"broadcast (EACCES)":    {netip.MustParseAddrPort("255.255.255.255:9999"), 10},
		"port zero (EINVAL)":    {netip.AddrPortFrom(loopback, 0), 10},
		"other family (EINVAL)": {netip.MustParseAddrPort("[::1]:9999"), 10},
	} {
		t.Run(name, func(t *testing.T) {
			s, c := newBatchedSocket(t), listenLoopback(t)
			good := c.LocalAddr().(*net.UDPAddr).AddrPort()
			q := newSendQueue(new(atomic.Uint64))
			for i := range 20 {
				if i%3 == 0 {
					q.add(s, bad.to, 0, make([]byte, bad.size), false)
				}
				q.add(s, good, 0, make([]byte, 100+i), false)
			}
			q.flushAll()
			for i, n := range arrived(t, c, 20) {
				if n != 100+i {
					t.Errorf("datagram %d has %d bytes, want %d", i, n, 100+i)
				}
			}
		})
	}
}

func TestEqualDatagramsAreSentAsOne(t *testing.T) {
	q, s := newSendQueue(new(atomic.Uint64)), &batchedSocket{fd: -1, waiting: emptyList}
	a, b := netip.AddrPortFrom(loopback, 1000), netip.AddrPortFrom(loopback, 1001)
	add := func(to netip.AddrPort, channel uint16, sizes ...int) {
		for _, n := range sizes {
			q.add(s, to, channel, make([]byte, n), false)
		}
	}
	add(a, 0, 100, 100, 100, 50)    // the last one may be shorter,
	add(a, 0, 50, 60)               // and nothing follows it; no longer one joins
	add(b, 0, 60)                   // another address
	add(b, 0x4000, 56, 56)          // with a header
	add(b, 0, 60, 0, 0)             // the empty ones alone
	add(a, 0x4000, 1228, 1228)      // as long as may be
	add(a, 0x4000, 1229, 1229)      // too long
	add(a, 0, make([]int, 0, 1)...) // none
	n := q.build(s.waiting.first, true)
	var counts []int32
	for i := range n {
		counts = append(counts, q.runs[i].count)
	}
	want := []int32{4, 1, 1, 1, 2, 1, 1, 1, 2, 1, 1}
	if len(counts) != len(want) {
		t.Fatalf("%v, want %v", counts, want)
	}
	for i := range want {
		if counts[i] != want[i] {
			t.Fatalf("%v, want %v", counts, want)
		}
	}
}

func TestWhereDatagramsCannotBeSentAsOneTheyAreSentOneByOne(t *testing.T) {
	s, c := newBatchedSocket(t), listenLoopback(t)
	// The kernel refuses to split what carries no checksum.
	if err := unix.SetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_NO_CHECK, 1); err != nil {
		t.Skip(err)
	}
	q := newSendQueue(new(atomic.Uint64))
	to := c.LocalAddr().(*net.UDPAddr).AddrPort()
	for range 2 {
		for range 10 {
			q.add(s, to, 0x4000, make([]byte, 200), false)
		}
		q.add(s, to, 0, make([]byte, 10), false)
		q.flushAll()
		for i, n := range arrived(t, c, 11) {
			if want := []int{204, 10}[i/10]; n != want {
				t.Errorf("datagram %d has %d bytes, want %d", i, n, want)
			}
		}
		if !s.unmerged {
			t.Error("it is not remembered")
		}
	}
}

func TestMergedDatagramsAreRelayedOneByOne(t *testing.T) {
	s := newOpenServer(t)
	c := newCaller(t, s)
	var frames []byte
	for i := range 8 {
		frames = append(frames, channelData(peerChannel, append(make([]byte, 199), byte(i)))...)
	}
	frames = append(frames, channelData(peerChannel, make([]byte, 60))...)
	oob := make([]byte, unix.CmsgSpace(2))
	q := newSendQueue(new(atomic.Uint64))
	copy(oob, q.control[0][:])
	oob[unix.SizeofCmsghdr] = 204
	if _, _, err := c.conn.(*net.UDPConn).WriteMsgUDPAddrPort(frames, oob, netip.AddrPort{}); err != nil {
		t.Skip("the kernel does not merge datagrams: ", err)
	}
	for i, n := range arrived(t, c.peer, 9) {
		if want := []int{200, 60}[i/8]; n != want {
			t.Errorf("datagram %d has %d bytes, want %d", i, n, want)
		}
	}
	if got := s.Stats().Sent.Packets; got != 9 {
		t.Errorf("%d counted", got)
	}
}

// Between one report of the kernel and the next a descriptor may be closed, and its place be another's.
func TestEventOfAClosedSocketIsNobodys(t *testing.T) {
	var all sockets
	first, second := &batchedSocket{}, &batchedSocket{}
	e := all.add(first)
	if all.get(&e) != first {
		t.Error("not found")
	}
	all.remove(first)
	if all.get(&e) != nil {
		t.Error("found after it was removed")
	}
	e2 := all.add(second)
	if all.get(&e) != nil || all.get(&e2) != second || e.Fd != e2.Fd {
		t.Error("the place's next owner has the event")
	}
}
