package turnserver

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"strconv"
	"sync/atomic"
	"time"

	"turnpike/turnserver/turn"
)

const (
	// writeTimeout is how long a client may take nothing before its stream is closed.
	writeTimeout = 15 * time.Second
	// streamQueue is in frames and streamQueueBytes in bytes; what does not fit is dropped, since late media is of no use.
	streamQueue      = 512
	streamQueueBytes = 1 << 20
	// readBuffer is where a stream's buffer starts; with an allocation it grows to what a frame needs, without one nobody sends a larger frame.
	readBuffer = 4 << 10
)

// unauthenticatedTime is how long a stream may be open without an allocation. Only tests change it.
var unauthenticatedTime = 30 * time.Second

// A streamListener accepts streams. Each is its own goroutine's from then on, so that a slow one holds up nobody.
type streamListener struct {
	ln      net.Listener
	network string       // "tcp" or "tls": what it is called; either takes the other if there is a certificate
	tls     *tls.Config  // nil without certificate
	web     *webListener // where browsers go; nil where none are served
}

func listenStream(s *Server, l Listener) (*streamListener, error) {
	ln, err := net.Listen("tcp", net.JoinHostPort(l.Host, strconv.Itoa(l.Port)))
	if err != nil {
		return nil, err
	}
	return &streamListener{ln: ln, network: l.Network, tls: s.tls}, nil
}

func (l *streamListener) addr() netip.AddrPort {
	return canonicalPort(l.ln.Addr().(*net.TCPAddr).AddrPort())
}

func (l *streamListener) serve(s *Server) {
	for {
		conn, err := l.ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// Out of descriptors, most likely; the next one may find some.
			time.Sleep(50 * time.Millisecond)
			continue
		}
		l.arrive(s, conn)
	}
}

func (l *streamListener) close() {
	l.ln.Close()
	if l.web != nil {
		l.web.Close()
	}
}

// openStream makes a client of the next shard in turn, and reads it to its end. The admission counts it already.
func (s *Server) openStream(st *stream) {
	n := s.streams.Add(1)
	st.shard = s.shards[int(n)%len(s.shards)]
	st.tuple.Conn = n
	st.out = make(chan []byte, streamQueue)
	st.end = make(chan struct{})
	st.spliced = make(chan struct{})
	st.counted = true
	if !st.shard.addStream(st) {
		st.socket.Close()
		s.admission.leave(st.tuple.Client.Addr())
		return
	}
	if st.tuple.Transport == turn.DTLS {
		s.running.Go(st.writeDatagrams)
		st.readDatagrams()
		return
	}
	s.running.Go(st.write)
	st.read()
}

// A stream is a client's connection over TCP, TLS or DTLS. One goroutine reads it and one writes it; the reader's end is the stream's end.
type stream struct {
	shard   *shard
	conn    net.Conn
	socket  io.Closer // what is beneath conn: to close it is enough, and never waits as the end of TLS may
	tuple   turn.FiveTuple
	out     chan []byte
	queued  atomic.Int64 // bytes in out
	end     chan struct{}
	open    atomic.Bool           // there is an allocation, or a peer's connection
	moveTo  atomic.Pointer[shard] // which has its allocation, where it is another
	splice  atomic.Pointer[splice]
	spliced chan struct{} // closed when there is a splice
	counted bool          // by the admission; guarded by the shard
}

func (sh *shard) addStream(st *stream) bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.done {
		return false
	}
	sh.streams[st.tuple] = st
	return true
}

// authenticated is called under the shard's lock when the stream's allocation begins and ends.
func (st *stream) authenticated(yes bool) {
	var deadline time.Time
	if !yes {
		deadline = time.Now().Add(unauthenticatedTime)
	}
	_ = st.conn.SetReadDeadline(deadline)
	st.open.Store(yes)
	if yes && st.counted {
		st.counted = false
		st.shard.server.admission.leave(st.tuple.Client.Addr())
	}
}

// send queues a copy of data; false if there is no room.
func (st *stream) send(data []byte) bool {
	if st.queued.Load()+int64(len(data)) > streamQueueBytes {
		return false
	}
	st.queued.Add(int64(len(data)))
	select {
	case st.out <- append([]byte(nil), data...):
		return true
	default:
		st.queued.Add(-int64(len(data)))
		return false
	}
}

func (st *stream) write() {
	defer st.finishWriting()
	w := bufio.NewWriterSize(st.conn, 16<<10)
	for {
		select {
		case data := <-st.out:
			st.queued.Add(-int64(len(data)))
			_ = st.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
			if _, err := w.Write(data); err != nil {
				return
			}
			// A frame is a TLS record of its own: there are clients that take one of each record and leave the rest.
			if (len(st.out) == 0 || st.tuple.Transport == turn.TLS) && w.Flush() != nil {
				return
			}
		case <-st.spliced:
			if st.flush(w) {
				st.splice.Load().fromPeer(st.conn)
			} else {
				st.splice.Load().ends.Done()
			}
			return
		case <-st.end:
			return
		}
	}
}

// flush writes what is queued.
func (st *stream) flush(w *bufio.Writer) bool {
	for {
		select {
		case data := <-st.out:
			st.queued.Add(-int64(len(data)))
			if _, err := w.Write(data); err != nil {
				return false
			}
		default:
			return w.Flush() == nil
		}
	}
}

// finishWriting ends the stream, unless it is a peer's: there each way has an end of its own.
func (st *stream) finishWriting() {
	if st.splice.Load() == nil {
		st.conn.Close()
	}
}

func (st *stream) read() {
	defer st.close()
	// Here, and not where it is accepted, so that it cannot override the one of an allocation.
	_ = st.conn.SetReadDeadline(time.Now().Add(unauthenticatedTime))
	buf := make([]byte, readBuffer)
	have := 0
	for {
		n, err := st.conn.Read(buf[have:])
		have += n
		used, need, ok := st.frames(buf[:have])
		if sp := st.splice.Load(); sp != nil {
			sp.toPeer(st.conn, buf[used:have])
			sp.end(st.shard.server, st.conn)
			return
		}
		if !ok || err != nil {
			return
		}
		have = copy(buf, buf[used:have])
		if need > len(buf) {
			if !st.open.Load() {
				return
			}
			buf = append(buf[:have], make([]byte, need-have)...)
		}
	}
}

// frames hands every whole frame to the shard. It returns how much of b was used, and how long the frame is that b ends in the middle of.
func (st *stream) frames(b []byte) (used, need int, ok bool) {
	for {
		size, err := turn.FrameSize(b[used:])
		if err != nil {
			return used, 0, false
		}
		if size == 0 || size > len(b)-used {
			return used, size, true
		}
		st.shard.packet(st.tuple, b[used:used+size])
		st.settle(b[used : used+size])
		used += size
		if st.splice.Load() != nil {
			return used, 0, true // what follows is for the peer
		}
	}
}

func (st *stream) close() {
	st.conn.Close()
	close(st.end)
	sh := st.shard
	sh.mu.Lock()
	defer sh.mu.Unlock()
	delete(sh.streams, st.tuple)
	if st.counted {
		st.counted = false
		sh.server.admission.leave(st.tuple.Client.Addr())
	}
	if !sh.done {
		sh.do(sh.core.Closed(time.Now(), st.tuple))
	}
}
