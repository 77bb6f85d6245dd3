//go:build linux

package load

import (
	"fmt"
	"net/netip"
	"os"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"turnpike/bench/mmsg"
)

const (
	// socketBuffer has room for every packet that can be under way.
	socketBuffer = 32 << 20
	// slotSize is room for the largest payload in a Data indication of any server, with a software attribute.
	slotSize = 2048
)

// A socket is that of all clients, or of all peers.
type socket struct {
	fd      int
	out, in *mmsg.Batch
	queued  int
	header  int // bytes before the payload of what it sends
	frame   int // bytes of what it sends, for size bytes of payload
	size    int
}

func newSocket(network netip.Prefix, port uint16) (s *socket, err error) {
	v6 := network.Addr().Is6()
	domain, any := unix.AF_INET, unix.Sockaddr(&unix.SockaddrInet4{Port: int(port)})
	if v6 {
		domain, any = unix.AF_INET6, &unix.SockaddrInet6{Port: int(port)}
	}
	fd, err := unix.Socket(domain, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	defer func() {
		if err != nil {
			unix.Close(fd)
		}
	}()
	for _, o := range []int{unix.SO_RCVBUFFORCE, unix.SO_SNDBUFFORCE} {
		if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, o, socketBuffer); err != nil {
			return nil, fmt.Errorf("large socket buffers: %w", err)
		}
	}
	if v6 {
		// An address out of a local network is no address of an interface.
		if err := unix.SetsockoptInt(fd, unix.SOL_IPV6, unix.IPV6_FREEBIND, 1); err != nil {
			return nil, os.NewSyscallError("IPV6_FREEBIND", err)
		}
	}
	if err := mmsg.Learn(fd, v6); err != nil {
		return nil, fmt.Errorf("ask for addresses and times: %w", err)
	}
	if err := unix.Bind(fd, any); err != nil {
		return nil, os.NewSyscallError("bind", err)
	}
	s = &socket{fd: fd, out: mmsg.NewBatch(slotSize), in: mmsg.NewBatch(slotSize)}
	s.out.Leave(network.Addr())
	return s, nil
}

// prepare writes into every slot what all packets have in common.
func (s *socket) prepare(header, frame, size int) {
	s.header, s.frame, s.size = header, frame, size
	for i := range mmsg.Size {
		b := s.out.Buffer(i)
		copy(b[header:], pattern[:size])
		clear(b[header+size : frame])
	}
}

// next queues a packet, and returns its frame.
func (s *socket) next(host uint32, to *mmsg.Name) []byte {
	return s.out.Buffer(s.slot(host, to, s.frame))[:s.frame]
}

// slot queues n bytes, which the caller writes.
func (s *socket) slot(host uint32, to *mmsg.Name, n int) int {
	if s.queued == mmsg.Size {
		s.flush()
	}
	i := s.queued
	s.queued++
	s.out.Fill(i, to, n)
	s.out.Source(i, host)
	return i
}

// flush sends what is queued. While the socket is full it waits, but not forever: what is left then is lost, and is found missing.
func (s *socket) flush() {
	for sent, tries := 0, 0; sent < s.queued && tries < 100; tries++ {
		n, _ := s.out.Send(s.fd, sent, s.queued)
		if sent += n; sent < s.queued {
			wait(unix.POLLOUT, time.Millisecond, s.fd)
		}
	}
	s.queued = 0
}

func (s *socket) close() { unix.Close(s.fd) }

// wait waits for one of the sockets, at most a few milliseconds.
func wait(events int16, most time.Duration, fds ...int) {
	var list [2]unix.PollFd
	for i, fd := range fds {
		list[i] = unix.PollFd{Fd: int32(fd), Events: events}
	}
	until := unix.NsecToTimespec(int64(most))
	unix.RawSyscall6(unix.SYS_PPOLL, uintptr(unsafe.Pointer(&list[0])), uintptr(len(fds)), uintptr(unsafe.Pointer(&until)), 0, 0, 0)
}

// sleep sleeps until a time of the monotonic clock.
func sleep(until int64) {
	at := unix.NsecToTimespec(until)
	unix.RawSyscall6(unix.SYS_CLOCK_NANOSLEEP, unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, uintptr(unsafe.Pointer(&at)), 0, 0, 0)
}

// clock is the monotonic clock, in ns. Go's own cannot be given to sleep.
func clock() int64 { return read(unix.CLOCK_MONOTONIC) }

// threadCPU is what the calling thread has used.
func threadCPU() time.Duration { return time.Duration(read(unix.CLOCK_THREAD_CPUTIME_ID)) }

func read(id uintptr) int64 {
	var t unix.Timespec
	unix.RawSyscall(unix.SYS_CLOCK_GETTIME, id, uintptr(unsafe.Pointer(&t)), 0)
	return t.Nano()
}
