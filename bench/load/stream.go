//go:build linux

package load

import (
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

const streamTimeout = 5 * time.Second

// A stream is a client's connection over TCP or TLS. At first it waits; once the flow is set up it does not.
type stream struct {
	fd   int
	conn net.Conn // the socket itself, or TLS on it
	rest []byte   // written, but not yet taken by the kernel
	in   []byte
	have int // bytes of in
}

// errAgain is temporary for TLS, which may go on after it.
var errAgain = againError{}

type againError struct{}

func (againError) Error() string   { return "nothing to read yet" }
func (againError) Timeout() bool   { return true }
func (againError) Temporary() bool { return true }

func (g *Generator) dial(f *flow) (st *stream, err error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	defer func() {
		if err != nil {
			unix.Close(fd)
		}
	}()
	limit := unix.NsecToTimeval(int64(streamTimeout))
	for _, o := range []int{unix.SO_RCVTIMEO, unix.SO_SNDTIMEO} {
		if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, o, &limit); err != nil {
			return nil, os.NewSyscallError("setsockopt", err)
		}
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return nil, os.NewSyscallError("TCP_NODELAY", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: nth(g.job.Clients, f.index).As4()}); err != nil {
		return nil, os.NewSyscallError("bind", err)
	}
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(g.job.Server.Port()), Addr: g.job.Server.Addr().As4()}); err != nil {
		return nil, os.NewSyscallError("connect", err)
	}
	return &stream{fd: fd, in: make([]byte, 1<<16)}, nil
}

// connect opens the flow's stream.
func (g *Generator) connect(f *flow) error {
	st, err := g.dial(f)
	if err != nil {
		return err
	}
	f.stream = st
	st.conn = (*streamConn)(st)
	if g.job.Transport == TLS {
		secure := tls.Client(st.conn, &tls.Config{RootCAs: g.job.Trust, ServerName: g.job.Server.Addr().String(), MinVersion: tls.VersionTLS12})
		if err := secure.Handshake(); err != nil {
			return fmt.Errorf("TLS of client %d: %w", f.index, err)
		}
		st.conn = secure
	}
	return nil
}

// reachByStream brings a flow to a step, one request after the other.
func (g *Generator) reachByStream(f *flow, to step) error {
	st := f.stream
	for f.step < to {
		if err := g.begin(f); err != nil {
			return err
		}
		if _, err := st.conn.Write(f.request.Raw); err != nil {
			return err
		}
		for answered := false; !answered; {
			n, err := st.conn.Read(st.in[st.have:])
			if err != nil {
				return fmt.Errorf("%s of client %d: %w", f.step, f.index, err)
			}
			st.have += n
			for frame := st.frame(); frame != nil && err == nil; frame = st.frame() {
				answered, err = g.take(f, frame)
				st.drop(len(frame))
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// watch makes the stream one that does not wait.
func (g *Generator) watch(st *stream) error {
	if err := unix.SetNonblock(st.fd, true); err != nil {
		return err
	}
	var index int32
	for i := range g.flows {
		if g.flows[i].stream == st {
			index = int32(i)
		}
	}
	return unix.EpollCtl(g.poll, unix.EPOLL_CTL_ADD, st.fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: index})
}

// receiveStreams reads the streams that have something.
func (g *Generator) receiveStreams() {
	var events [64]unix.EpollEvent
	n, err := unix.EpollWait(g.poll, events[:], 0)
	if err != nil {
		return
	}
	for _, e := range events[:n] {
		if !g.receiveStream(&g.flows[e.Fd]) { // closed by the server: its packets will be missing
			_ = unix.EpollCtl(g.poll, unix.EPOLL_CTL_DEL, g.flows[e.Fd].stream.fd, nil)
		}
	}
}

// receiveStream reads until nothing is left: what TLS has read ahead, epoll does not see.
func (g *Generator) receiveStream(f *flow) bool {
	st := f.stream
	for {
		n, err := st.conn.Read(st.in[st.have:])
		if errors.Is(err, errAgain) {
			return true
		}
		if err != nil || n == 0 {
			return false
		}
		st.have += n
		read := 0
		for frame := frameOf(st.in[:st.have]); frame != nil; frame = frameOf(st.in[read:st.have]) {
			g.atClientFrame(f, frame, 0)
			read += len(frame)
		}
		st.drop(read)
	}
}

// frame is the first whole frame that was read.
func (st *stream) frame() []byte { return frameOf(st.in[:st.have]) }

func frameOf(b []byte) []byte {
	if len(b) < 4 {
		return nil
	}
	n := 20 + int(binary.BigEndian.Uint16(b[2:]))
	if b[0]>>6 == 1 {
		n = padded(channelHeader + int(binary.BigEndian.Uint16(b[2:])))
	}
	if n > len(b) {
		return nil
	}
	return b[:n]
}

func (st *stream) drop(n int) {
	copy(st.in, st.in[n:st.have])
	st.have -= n
}

// write writes a frame, in part later if the kernel does not take it.
func (g *Generator) write(st *stream, frame []byte) {
	before := len(st.rest)
	_, _ = st.conn.Write(frame) // a broken stream shows by what is missing
	if before == 0 && len(st.rest) > 0 {
		g.pending++
	}
}

func (g *Generator) flushStreams() {
	for i := range g.flows {
		st := g.flows[i].stream
		if st == nil || len(st.rest) == 0 {
			continue
		}
		n, err := unix.Write(st.fd, st.rest)
		if err != nil && err != unix.EAGAIN {
			n = len(st.rest)
		}
		st.rest = append(st.rest[:0], st.rest[max(n, 0):]...)
		if len(st.rest) == 0 {
			g.pending--
		}
	}
}

// A streamConn is the socket of a stream as TLS wants it.
type streamConn stream

func (c *streamConn) Read(b []byte) (int, error) {
	n, err := unix.Read(c.fd, b)
	switch {
	case err == unix.EAGAIN:
		return 0, errAgain
	case err != nil:
		return 0, os.NewSyscallError("read", err)
	case n == 0:
		return 0, net.ErrClosed
	}
	return n, nil
}

func (c *streamConn) Write(b []byte) (int, error) {
	n := 0
	if len(c.rest) == 0 {
		var err error
		if n, err = unix.Write(c.fd, b); err == unix.EAGAIN {
			n = 0
		} else if err != nil {
			return 0, os.NewSyscallError("write", err)
		}
	}
	c.rest = append(c.rest, b[n:]...)
	return len(b), nil
}

func (c *streamConn) Close() error                     { return nil }
func (c *streamConn) LocalAddr() net.Addr              { return net.TCPAddrFromAddrPort(netip.AddrPort{}) }
func (c *streamConn) RemoteAddr() net.Addr             { return net.TCPAddrFromAddrPort(netip.AddrPort{}) }
func (c *streamConn) SetDeadline(time.Time) error      { return nil }
func (c *streamConn) SetReadDeadline(time.Time) error  { return nil }
func (c *streamConn) SetWriteDeadline(time.Time) error { return nil }
