//go:build linux

// Command floor is the least that a relay in userspace can do, in Go: it looks up the client, takes off or puts on the four bytes of a channel, and
// sends. There is a socket for every allocation, and one loop with recvmmsg and sendmmsg. It asks for no credentials and refuses nothing; it has no
// permissions, no lifetimes, no limits, one channel an allocation, no TCP. Never run it outside of a benchmark.
package main

import (
	"encoding/binary"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"turnpike/bench/mmsg"
)

func main() {
	var at []netip.AddrPort
	flag.Func("listen", "an address and port; the address is also that of relays", func(s string) error {
		a, err := netip.ParseAddrPort(s)
		at = append(at, a)
		return err
	})
	flag.Parse()
	fmt.Fprintln(os.Stderr, "floor:", run(at))
	os.Exit(1)
}

// A relay is one that forwards.
type relay struct {
	poll    int
	sockets map[int32]*socket
	clients map[mmsg.Name]*socket // by the client's address
	fromUp  *mmsg.Batch
	toPeer  *mmsg.Batch
	fromIn  *mmsg.Batch
	toDown  *mmsg.Batch
	held    int     // slots of fromIn that are not yet sent
	downs   int     // slots of toDown
	via     *socket // whose clients they are for
}

// A socket is a listener, or that of an allocation.
type socket struct {
	fd       int
	at       netip.AddrPort
	listener *socket // nil if it is one
	client   mmsg.Name
	peer     mmsg.Name
	channel  uint16
}

// run ends only with an error.
func run(at []netip.AddrPort) error {
	r := &relay{sockets: make(map[int32]*socket), clients: make(map[mmsg.Name]*socket)}
	r.fromUp, r.toPeer = mmsg.NewBatch(2048), mmsg.NewBatch(4)
	r.fromIn, r.toDown = mmsg.NewBatchAfter(4, 2048), mmsg.NewBatch(4)
	var err error
	if r.poll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return err
	}
	for _, a := range at {
		if _, err := r.open(a); err != nil {
			return fmt.Errorf("listen %v: %w", a, err)
		}
	}
	// The loop sleeps in Go's own poller: a thread that waits in epoll itself costs two switches more each time.
	if err := unix.SetNonblock(r.poll, true); err != nil {
		return err
	}
	conn, err := os.NewFile(uintptr(r.poll), "epoll").SyscallConn()
	if err != nil {
		return err
	}
	var events [mmsg.Size]unix.EpollEvent
	for {
		var n int
		err := conn.Read(func(fd uintptr) bool {
			n, err = unix.EpollWait(int(fd), events[:], 0)
			return n > 0 || err != nil && err != syscall.EINTR
		})
		if err != nil {
			return err
		}
		for _, e := range events[:max(n, 0)] {
			if s := r.sockets[e.Fd]; s.listener == nil {
				r.fromClients(s)
			} else {
				r.fromPeers(s)
			}
		}
		r.flush()
	}
}

func (r *relay) open(at netip.AddrPort) (*socket, error) {
	domain, sa := unix.AF_INET6, unix.Sockaddr(&unix.SockaddrInet6{Addr: at.Addr().As16(), Port: int(at.Port())})
	if at.Addr().Is4() {
		domain, sa = unix.AF_INET, &unix.SockaddrInet4{Addr: at.Addr().As4(), Port: int(at.Port())}
	}
	fd, err := unix.Socket(domain, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, 4<<20) // the kernel may grant less
	if err := unix.Bind(fd, sa); err != nil {
		return nil, err
	}
	bound, err := unix.Getsockname(fd)
	if err != nil {
		return nil, err
	}
	port := at.Port()
	switch b := bound.(type) {
	case *unix.SockaddrInet4:
		port = uint16(b.Port)
	case *unix.SockaddrInet6:
		port = uint16(b.Port)
	}
	s := &socket{fd: fd, at: netip.AddrPortFrom(at.Addr(), port)}
	r.sockets[int32(fd)] = s
	return s, unix.EpollCtl(r.poll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)})
}

// fromClients sends to peers what has come, in one call what one allocation sent in a row.
func (r *relay) fromClients(l *socket) {
	n, _ := r.fromUp.Receive(l.fd, 0)
	var out *socket
	queued := 0
	for i := range n {
		data, from := r.fromUp.Data(i), r.fromUp.From(i)
		if len(data) < 4 || data[0]>>6 != 1 {
			if answer := r.answer(l, *from, data); answer != nil {
				_ = unix.Sendto(l.fd, answer, 0, sockaddr(from.AddrPort()))
			}
			continue
		}
		s := r.clients[*from]
		size := 4 + int(binary.BigEndian.Uint16(data[2:]))
		if s == nil || size > len(data) || binary.BigEndian.Uint16(data) != s.channel {
			continue
		}
		if s != out && queued > 0 {
			r.toPeer.Send(out.fd, 0, queued)
			queued = 0
		}
		out = s
		r.toPeer.Point(queued, &s.peer, data[4:size])
		queued++
	}
	if queued > 0 {
		r.toPeer.Send(out.fd, 0, queued)
	}
}

// fromPeers queues for clients what has come; the listener sends for many allocations in one call.
func (r *relay) fromPeers(s *socket) {
	if r.held == mmsg.Size || r.via != s.listener {
		r.flush()
	}
	r.via = s.listener
	n, _ := r.fromIn.Receive(s.fd, r.held)
	for i := r.held; i < r.held+n; i++ {
		if *r.fromIn.From(i) != s.peer {
			continue
		}
		frame := r.fromIn.Whole(i)
		binary.BigEndian.PutUint16(frame, s.channel)
		binary.BigEndian.PutUint16(frame[2:], uint16(len(frame)-4))
		r.toDown.Point(r.downs, &s.client, frame)
		r.downs++
	}
	r.held += n
}

func (r *relay) flush() {
	if r.downs > 0 {
		r.toDown.Send(r.via.fd, 0, r.downs)
	}
	r.held, r.downs = 0, 0
}
