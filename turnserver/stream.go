package turnserver

import (
	"bufio"
	"errors"
	"net"
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

// A tcpListener accepts streams and deals them to the shards in turn.
type tcpListener struct {
	ln   *net.TCPListener
	next atomic.Uint32
}

func listenTCP(_ *Server, l Listener) (*tcpListener, error) {
	ln, err := net.Listen("tcp", net.JoinHostPort(l.Host, strconv.Itoa(l.Port)))
	if err != nil {
		return nil, err
	}
	return &tcpListener{ln: ln.(*net.TCPListener)}, nil
}

func (t *tcpListener) serve(s *Server) {
	for {
		conn, err := t.ln.AcceptTCP()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// Out of descriptors, most likely; the next one may find some.
			time.Sleep(50 * time.Millisecond)
			continue
		}
		client := canonicalPort(conn.RemoteAddr().(*net.TCPAddr).AddrPort())
		if !s.admission.enter(client.Addr()) {
			conn.Close()
			continue
		}
		n := t.next.Add(1)
		sh := s.shards[int(n)%len(s.shards)]
		st := &stream{
			shard: sh,
			conn:  conn,
			tuple: turn.FiveTuple{
				Client:    client,
				Server:    canonicalPort(conn.LocalAddr().(*net.TCPAddr).AddrPort()),
				Transport: turn.TCP,
				Conn:      n,
			},
			out:     make(chan []byte, streamQueue),
			end:     make(chan struct{}),
			counted: true,
		}
		if !sh.addStream(st) {
			s.admission.leave(client.Addr())
			conn.Close()
			continue
		}
		s.running.Go(st.write)
		s.running.Go(st.read)
	}
}

// A stream is a client's TCP connection. One goroutine reads it and one writes it; the reader's end is the stream's end.
type stream struct {
	shard   *shard
	conn    net.Conn
	tuple   turn.FiveTuple
	out     chan []byte
	queued  atomic.Int64 // bytes in out
	end     chan struct{}
	open    atomic.Bool // there is an allocation
	counted bool        // by the admission; guarded by the shard
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
	defer st.conn.Close()
	w := bufio.NewWriterSize(st.conn, 16<<10)
	for {
		select {
		case data := <-st.out:
			st.queued.Add(-int64(len(data)))
			_ = st.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
			if _, err := w.Write(data); err != nil {
				return
			}
			if len(st.out) == 0 && w.Flush() != nil {
				return
			}
		case <-st.end:
			return
		}
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
		used += size
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
