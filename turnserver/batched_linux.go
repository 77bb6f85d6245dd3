package turnserver

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"

	"turnpike/turnserver/turn"
)

// batchedPath has one loop for all sockets of a shard. It waits for the readiness of its epoll descriptor in Go's own poller, so that it neither spins nor
// holds a thread while there is nothing to do, receives and sends many datagrams in one system call, and copies no payload. A socket has no
// goroutine and no buffer.
var batchedPath = datapathKind{
	name: "batched",
	bind: func(at netip.AddrPort) (peerSocket, error) { return bindBatched(at) },
	make: newBatched,
}

const (
	readyEvents = 64
	// minReceive is how much room for datagrams there must be to read a socket.
	minReceive = 16
	// burstMemory is in reads of a socket.
	burstMemory = 16
)

// batched is a loop and its sockets. The loop takes the shard's lock once for all that is ready, not for each datagram: streams, timers and the operator have
// events for the same core, seldom.
type batched struct {
	shard *shard
	poll  *os.File // the epoll descriptor
	epoll int
	raw   syscall.RawConn

	clients map[netip.AddrPort]*batchedSocket
	sockets sockets
	in      *receiveBatch
	out     *sendQueue

	events [readyEvents]unix.EpollEvent // the loop's own, as what follows
	ready  int
	rounds uint32
}

// A batchedSocket is a listener's or a relay's.
type batchedSocket struct {
	fd    int
	index int32
	at    netip.AddrPort // a listener's address
	relay *relaySocket   // nil for a listener

	round    uint32 // in which it was ready last
	bursts   uint8  // for so many rounds more, several datagrams at once are expected
	merged   bool   // the kernel may hand over several datagrams as one (UDP_GRO)
	unmerged bool   // it has refused to take several as one (UDP_SEGMENT)
	waiting  list   // datagrams to be sent
}

func newBatched(sh *shard) (datapath, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return nil, fmt.Errorf("epoll: %w", err)
	}
	// Being non-blocking, it is registered in Go's poller.
	poll := os.NewFile(uintptr(fd), "epoll")
	raw, err := poll.SyscallConn()
	if err == nil {
		err = poll.SetReadDeadline(time.Time{}) // fails unless it is there
	}
	if err != nil {
		poll.Close()
		return nil, fmt.Errorf("epoll in the runtime's poller: %w", err)
	}
	in, err := newReceiveBatch()
	if err != nil {
		poll.Close()
		return nil, err
	}
	return &batched{
		shard: sh, poll: poll, epoll: fd, raw: raw,
		clients: make(map[netip.AddrPort]*batchedSocket),
		in:      in,
		out:     newSendQueue(&sh.overflow),
	}, nil
}

func bindBatched(at netip.AddrPort) (*batchedSocket, error) {
	var zone uint32
	if name := at.Addr().Zone(); name != "" {
		i, err := net.InterfaceByName(name)
		if err != nil {
			return nil, err
		}
		zone = uint32(i.Index)
	}
	domain, name := unix.AF_INET6, unix.Sockaddr(&unix.SockaddrInet6{Addr: at.Addr().As16(), Port: int(at.Port()), ZoneId: zone})
	if at.Addr().Is4() {
		domain, name = unix.AF_INET, &unix.SockaddrInet4{Addr: at.Addr().As4(), Port: int(at.Port())}
	}
	fd, err := unix.Socket(domain, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	if err := unix.Bind(fd, name); err != nil {
		unix.Close(fd)
		return nil, os.NewSyscallError("bind", err)
	}
	tellErrors(fd)
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, relayBuffer)
	return &batchedSocket{fd: fd, index: -1, waiting: emptyList}, nil
}

func (s *batchedSocket) Close() error { return unix.Close(s.fd) }

// merge lets the kernel hand over several datagrams as one.
func (s *batchedSocket) merge() {
	s.merged = true
	_ = unix.SetsockoptInt(s.fd, unix.SOL_UDP, unix.UDP_GRO, 1)
}

func (b *batched) addClients(at netip.AddrPort, conn *net.UDPConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	// The descriptor is another one, so that the socket leaves Go's poller, which would be woken by every datagram.
	fd := -1
	if cerr := raw.Control(func(old uintptr) { fd, err = unix.FcntlInt(old, unix.F_DUPFD_CLOEXEC, 0) }); cerr != nil {
		return cerr
	}
	if err != nil {
		return err
	}
	conn.Close()
	s := &batchedSocket{fd: fd, index: -1, at: at, waiting: emptyList}
	s.merge()
	b.clients[at] = s
	return nil
}

func (b *batched) serveClients(at netip.AddrPort) error { return b.add(b.clients[at]) }

func (b *batched) removeClients(at netip.AddrPort) {
	if s := b.clients[at]; s != nil {
		delete(b.clients, at)
		b.remove(s)
		s.Close()
	}
}

func (b *batched) addRelay(r *relaySocket) error {
	s := r.socket.(*batchedSocket)
	s.relay = r
	return b.add(s)
}

func (b *batched) removeRelay(r *relaySocket) {
	b.remove(r.socket.(*batchedSocket))
	r.close()
}

func (b *batched) add(s *batchedSocket) error {
	e := b.sockets.add(s)
	if err := unix.EpollCtl(b.epoll, unix.EPOLL_CTL_ADD, s.fd, &e); err != nil {
		b.sockets.remove(s)
		return os.NewSyscallError("epoll_ctl", err)
	}
	return nil
}

func (b *batched) remove(s *batchedSocket) {
	b.out.flush(s)
	if s.index >= 0 {
		_ = unix.EpollCtl(b.epoll, unix.EPOLL_CTL_DEL, s.fd, nil)
		b.sockets.remove(s)
	}
}

func (b *batched) toClient(client turn.FiveTuple, channel uint16, data []byte) {
	if s := b.clients[client.Server]; s != nil {
		data, room := b.lasting(data)
		b.out.add(s, client.Client, channel, data, room)
	}
}

func (b *batched) toPeer(r *relaySocket, e *turn.Effect) {
	s := r.socket.(*batchedSocket)
	if e.DontFragment {
		b.out.flush(s)
		setDontFragment(s.fd, true)
		defer setDontFragment(s.fd, false)
		defer b.out.flush(s)
	}
	data, room := b.lasting(e.Data)
	b.out.add(s, e.Peer, 0, data, room)
}

// lasting is data that stays until flush: where it has been received, or else a copy; and whether there is room before it.
func (b *batched) lasting(data []byte) ([]byte, bool) {
	if here, room := b.in.holds(data); here {
		return data, room
	}
	return b.out.keep(data), true
}

func (b *batched) flush() { b.out.flushAll() }

// close lets the loop end. If it is in the middle of a round it waits for the shard's lock, and will find the shard closed.
func (b *batched) close() {
	b.poll.Close()
	b.in.free()
}

// run is the loop.
func (b *batched) run() {
	// A closure of its own for every wait would be garbage.
	wait := func(fd uintptr) bool {
		n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, fd, uintptr(unsafe.Pointer(&b.events[0])), readyEvents, 0, 0, 0)
		b.ready = int(n)
		return errno == 0 && b.ready > 0
	}
	for b.raw.Read(wait) == nil {
		if !b.round() {
			return
		}
	}
}

// round serves what is ready.
func (b *batched) round() bool {
	sh := b.shard
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.done {
		return false
	}
	now := time.Now()
	b.rounds++
	for i := range b.events[:b.ready] {
		if b.in.room() < minReceive {
			b.settle()
			// Others may have waited.
			sh.mu.Unlock()
			sh.mu.Lock()
			if sh.done {
				return false
			}
			now = time.Now()
		}
		e := &b.events[i]
		s := b.sockets.get(e)
		if s == nil {
			continue // closed in the meantime
		}
		if e.Events&unix.EPOLLERR != 0 {
			b.errors(now, s)
		}
		if e.Events&unix.EPOLLIN != 0 {
			b.receive(now, s)
		}
	}
	b.settle()
	return true
}

// settle sends what has come of the datagrams received, so that their buffers are free.
func (b *batched) settle() {
	b.shard.flush()
	b.in.clear()
}

// receive hands over what one socket has. What does not fit now makes it ready again.
func (b *batched) receive(now time.Time, s *batchedSocket) {
	for i, got := 0, b.read(s); i < len(got); i++ {
		from, data, size := got[i].datagrams()
		for {
			one := data[:min(size, len(data))]
			if s.relay != nil {
				b.shard.fromPeer(now, s.relay.id, from, one)
			} else {
				b.shard.fromClient(now, turn.FiveTuple{Client: from, Server: s.at}, one)
			}
			if data = data[len(one):]; len(data) == 0 {
				break
			}
		}
	}
}

// read takes several datagrams at once where several are expected: at a listener, and where more than one has been of late.
func (b *batched) read(s *batchedSocket) (got []slot) {
	if s.relay == nil {
		return b.in.receive(s.fd, receiveSlots)
	}
	if s.round+1 == b.rounds {
		s.bursts = max(s.bursts, 1) // there may have been more than was taken
	}
	s.round = b.rounds
	switch {
	case s.bursts > 0:
		s.bursts--
		got = b.in.receive(s.fd, minReceive)
	case s.merged:
		got = b.in.receive(s.fd, 1)
	default:
		return b.in.receiveOne(s.fd)
	}
	if len(got) > 1 {
		s.bursts = burstMemory
		if !s.merged {
			s.merge()
		}
	}
	return got
}

// errors tells the core what ICMP has brought.
func (b *batched) errors(now time.Time, s *batchedSocket) {
	var reports []icmpReport
	if s.relay != nil {
		reports = readErrors(s.fd)
	}
	for _, e := range reports {
		b.shard.fromICMP(now, s.relay.id, e)
	}
	if len(reports) == 0 {
		_, _ = unix.GetsockoptInt(s.fd, unix.SOL_SOCKET, unix.SO_ERROR) // takes an error without a report, which would make the socket ready for ever
	}
}

// sockets are those that are read, found by what epoll says of them: a place, and which of those that have been there.
type sockets struct {
	places []place
	free   []int32
}

type place struct {
	socket *batchedSocket
	turn   int32
}

func (t *sockets) add(s *batchedSocket) unix.EpollEvent {
	if n := len(t.free); n > 0 {
		s.index, t.free = t.free[n-1], t.free[:n-1]
	} else {
		s.index = int32(len(t.places))
		t.places = append(t.places, place{})
	}
	p := &t.places[s.index]
	p.socket = s
	return unix.EpollEvent{Events: unix.EPOLLIN, Fd: s.index, Pad: p.turn}
}

func (t *sockets) remove(s *batchedSocket) {
	p := &t.places[s.index]
	p.socket = nil
	p.turn++
	t.free = append(t.free, s.index)
	s.index = -1
}

func (t *sockets) get(e *unix.EpollEvent) *batchedSocket {
	if p := &t.places[e.Fd]; p.turn == e.Pad {
		return p.socket
	}
	return nil
}
