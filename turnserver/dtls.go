package turnserver

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/dtls/v3"

	"turnpike/turnserver/turn"
)

// maxHalfOpen bounds the flows of one DTLS listener that have not returned the cookie of RFC 6347 §4.2.1, so that spoofed sources cost a fixed amount of
// memory. The library keeps state for each from its first packet on; beyond the bound, one of them at random makes room for the next.
const maxHalfOpen = 256

// A dtlsListener is one address with one socket, which all of its flows share. One goroutine reads it; each flow has another, which is its handshake and
// then its reader.
type dtlsListener struct {
	at   netip.AddrPort
	conn *net.UDPConn

	mu       sync.Mutex                   // guards what follows
	fresh    map[netip.AddrPort]*dtlsFlow // those that have not returned the cookie
	flows    map[netip.AddrPort]*dtlsFlow
	starting int // goroutines of flows that never returned it
	done     bool
}

func listenDTLS(at netip.AddrPort) (*dtlsListener, error) {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
	if err != nil {
		return nil, err
	}
	// Best effort: the kernel's limit is often lower.
	_ = conn.SetReadBuffer(socketBuffer)
	_ = conn.SetWriteBuffer(socketBuffer)
	return &dtlsListener{
		at:    canonicalPort(conn.LocalAddr().(*net.UDPAddr).AddrPort()),
		conn:  conn,
		fresh: make(map[netip.AddrPort]*dtlsFlow),
		flows: make(map[netip.AddrPort]*dtlsFlow),
	}, nil
}

func (l *dtlsListener) addr() netip.AddrPort { return l.at }

func (l *dtlsListener) serve(s *Server) {
	options := s.dtlsOptions()
	s.running.Go(func() { l.read(s, options) })
}

func (l *dtlsListener) close() {
	l.conn.Close()
	l.mu.Lock()
	l.done = true
	all := make([]*dtlsFlow, 0, len(l.fresh)+len(l.flows))
	for _, flows := range []map[netip.AddrPort]*dtlsFlow{l.fresh, l.flows} {
		for _, f := range flows {
			all = append(all, f)
		}
	}
	l.mu.Unlock()
	for _, f := range all {
		f.Close()
	}
}

// read deals datagrams to their flows. A flow whose queue is full loses the datagram.
func (l *dtlsListener) read(s *Server, options []dtls.ServerOption) {
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := l.conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // an ICMP error of some earlier reply
		}
		l.deal(s, canonicalPort(from), buf[:n], options)
	}
}

func (l *dtlsListener) deal(s *Server, from netip.AddrPort, data []byte, options []dtls.ServerOption) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if f := l.flow(s, from, data, options); f != nil && f.takes(data) {
		_, _ = f.in.Write(data, nil)
	}
}

// flow is whose the datagram is, nil if nobody's. A client that begins anew from the same port (RFC 6347 §4.2.8) must return a cookie before it takes the
// place of what it had, which until then is not disturbed.
func (l *dtlsListener) flow(s *Server, from netip.AddrPort, data []byte, options []dtls.ServerOption) *dtlsFlow {
	known := l.flows[from]
	if !dtlsPlainHandshake(data) {
		return known
	}
	if f := l.fresh[from]; f != nil {
		return f
	}
	if known != nil && !known.established || data[dtlsHandshakeType] != dtlsClientHello {
		return known
	}
	if l.done || l.starting >= 2*maxHalfOpen {
		s.refused.crowded.Add(1)
		return nil
	}
	if len(l.fresh) >= maxHalfOpen {
		s.refused.crowded.Add(1)
		for _, other := range l.fresh {
			delete(l.fresh, other.client)
			other.in.Close()
			break
		}
	}
	f := newDTLSFlow(s, l, from)
	l.fresh[from] = f
	l.starting++
	s.running.Go(func() { f.run(options) })
	return f
}

// dtlsOptions are those of every handshake.
func (s *Server) dtlsOptions() []dtls.ServerOption {
	return []dtls.ServerOption{
		dtls.WithGetCertificate(func(h *dtls.ClientHelloInfo) (*tls.Certificate, error) {
			hello := &tls.ClientHelloInfo{ServerName: h.ServerName, SupportedVersions: []uint16{tls.VersionTLS12}}
			for _, suite := range h.CipherSuites {
				hello.CipherSuites = append(hello.CipherSuites, uint16(suite))
			}
			return s.getCertificate(hello)
		}),
		dtls.WithSupportedProtocols(turnProtocols...),
		dtls.WithLoggerFactory(quiet{}),
	}
}

// run is the flow's handshake, and then the client's reader.
func (f *dtlsFlow) run(options []dtls.ServerOption) {
	defer f.end()
	conn, err := dtls.ServerWithOptions(f, net.UDPAddrFromAddrPort(f.client), options...)
	if err != nil {
		f.sawFailedHandshake(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), handshakeTime)
	err = conn.HandshakeContext(ctx)
	cancel()
	if err == nil && !f.establish() {
		err = net.ErrClosed
	}
	if err != nil {
		f.sawFailedHandshake(err)
		conn.Close()
		return
	}
	f.server.openStream(&stream{
		conn:   conn,
		socket: f,
		tuple:  f.tuple(),
	})
}

func (f *dtlsFlow) tuple() turn.FiveTuple {
	return turn.FiveTuple{Client: f.client, Server: f.listener.at, Transport: turn.DTLS}
}

func (f *dtlsFlow) sawFailedHandshake(err error) {
	f.server.sawFailedHandshake(f.tuple(), "", err)
}

// end takes the flow out of every count that it is still in.
func (f *dtlsFlow) end() {
	f.Close()
	l := f.listener
	l.mu.Lock()
	if !f.verified {
		l.starting--
	}
	counted := f.counted
	f.counted = false
	l.mu.Unlock()
	if counted {
		f.server.admission.leave(f.client.Addr())
	}
}

// writeDatagrams is write for DTLS, where each frame is a record. What the kernel does not take is lost.
func (st *stream) writeDatagrams() {
	defer st.conn.Close()
	for {
		select {
		case data := <-st.out:
			st.queued.Add(-int64(len(data)))
			_ = st.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
			if _, err := st.conn.Write(data); err != nil {
				return
			}
		case <-st.end:
			return
		}
	}
}

// readDatagrams is read for DTLS, where each record is a frame.
func (st *stream) readDatagrams() {
	defer st.close()
	_ = st.conn.SetReadDeadline(time.Now().Add(unauthenticatedTime))
	buf := make([]byte, maxRecord)
	for {
		n, err := st.conn.Read(buf)
		if err != nil {
			return
		}
		st.shard.packet(st.tuple, buf[:n])
		st.settle(buf[:n])
	}
}
