package turnserver

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"turnpike/turnserver/turn"
)

// proxyHeaderTime is how long a proxy may take to say whom it speaks for. Only tests change it.
var proxyHeaderTime = 5 * time.Second

// An arrival is a stream that has been accepted, until it is known to be a TURN client's or a browser's. The one goroutine that owns it goes on
// as the stream's reader. All the while it is counted by the admission.
type arrival struct {
	server   *Server
	listener *streamListener
	socket   net.Conn
	client   netip.AddrPort // the other end, or whom a proxy names
	counted  netip.Addr     // for whom it is counted; nobody while a proxy has not named its client
}

// arrive begins an arrival, or refuses it.
func (l *streamListener) arrive(s *Server, socket net.Conn) {
	a := &arrival{server: s, listener: l, socket: socket, client: canonicalPort(socket.RemoteAddr().(*net.TCPAddr).AddrPort())}
	proxied := s.proxied(a.client.Addr())
	if !proxied {
		a.counted = a.client.Addr()
	}
	if !s.admission.enter(a.counted) {
		s.refused.crowded.Add(1)
		socket.Close()
		return
	}
	if !s.arrivals.add(a) {
		a.refuse()
		return
	}
	s.running.Go(func() { a.run(proxied) })
}

func (a *arrival) tuple(transport turn.Transport) turn.FiveTuple {
	at := canonicalPort(a.socket.LocalAddr().(*net.TCPAddr).AddrPort())
	return turn.FiveTuple{Client: a.client, Server: at, Transport: transport}
}

func (a *arrival) refuse() {
	a.socket.Close()
	a.server.admission.leave(a.counted)
}

func (a *arrival) run(proxied bool) {
	var (
		conn      net.Conn
		transport turn.Transport
		web       bool
		err       error
	)
	if proxied {
		err = a.readProxyHeader()
	}
	if err == nil {
		conn, transport, web, err = a.open()
	}
	a.server.arrivals.remove(a)
	switch {
	case err != nil || a.socket.SetDeadline(time.Time{}) != nil:
		a.refuse()
	case web:
		if !a.listener.web.hand(conn) {
			conn.Close()
		}
		a.server.admission.leave(a.counted)
	default:
		a.server.openStream(&stream{conn: conn, socket: a.socket, tuple: a.tuple(transport)})
	}
}

// readProxyHeader learns from a listed sender whom it speaks for.
func (a *arrival) readProxyHeader() error {
	_ = a.socket.SetReadDeadline(time.Now().Add(proxyHeaderTime))
	client, err := readProxyHeader(a.socket)
	if err != nil {
		a.server.refused.proxy.Add(1)
		return err
	}
	if client.IsValid() {
		a.client = client
	}
	if !a.server.admission.name(a.client.Addr()) {
		a.server.refused.crowded.Add(1)
		return errCrowded
	}
	a.counted = a.client.Addr()
	return nil
}

var (
	errCrowded = errors.New("too many streams of this network")
	errUnknown = errors.New("neither TURN nor TLS")
)

// open takes off TLS and tells TURN from the web.
func (a *arrival) open() (conn net.Conn, transport turn.Transport, web bool, err error) {
	_ = a.socket.SetDeadline(time.Now().Add(handshakeTime))
	outer, err := peek(named{a.socket, a.client})
	if err != nil {
		return nil, 0, false, err // nothing was said: not worth a count
	}
	l := a.listener
	switch kind := sniff(outer.head[0]); {
	case (kind == protocolSTUN || kind == protocolChannelData) && l.web == nil:
		return outer, turn.TCP, false, nil
	case kind != protocolTLS || l.tls == nil:
		a.server.refused.unknown.Add(1)
		if l.web != nil {
			_, _ = io.WriteString(a.socket, "HTTP/1.0 400 Bad Request\r\n\r\nThis port speaks HTTPS: use https://.\n")
		}
		return nil, 0, false, errUnknown
	}
	secure := tls.Server(outer, l.tls)
	if err := secure.Handshake(); err != nil {
		a.server.sawFailedHandshake(a.tuple(turn.TLS), secure.ConnectionState().ServerName, err)
		return nil, 0, false, fmt.Errorf("TLS handshake: %w", err)
	}
	protocol := secure.ConnectionState().NegotiatedProtocol
	switch {
	case l.web == nil || slices.Contains(turnProtocols, protocol):
		return secure, turn.TLS, false, nil
	case protocol != "":
		return secure, 0, true, nil
	}
	inner, err := peekTLS(secure)
	if err != nil {
		return nil, 0, false, err
	}
	if sniff(inner.head[0]) == protocolSTUN {
		return inner, turn.TLS, false, nil
	}
	return inner, 0, true, nil
}

// arrivals are those under way, for Close to end.
type arrivals struct {
	mu   sync.Mutex
	all  map[*arrival]struct{}
	done bool
}

func (as *arrivals) add(a *arrival) bool {
	as.mu.Lock()
	defer as.mu.Unlock()
	if as.done {
		return false
	}
	if as.all == nil {
		as.all = make(map[*arrival]struct{})
	}
	as.all[a] = struct{}{}
	return true
}

func (as *arrivals) remove(a *arrival) {
	as.mu.Lock()
	defer as.mu.Unlock()
	delete(as.all, a)
}

func (as *arrivals) close() {
	as.mu.Lock()
	defer as.mu.Unlock()
	as.done = true
	for a := range as.all {
		a.socket.Close()
	}
}

// refused counts what was closed, or dropped, before it became a stream.
type refused struct{ crowded, proxy, unknown, handshake atomic.Uint64 }

func (r *refused) addTo(drops map[string]uint64) {
	for name, n := range map[string]*atomic.Uint64{
		"too many streams":        &r.crowded,
		"bad PROXY header":        &r.proxy,
		"neither TURN nor TLS":    &r.unknown,
		"failed (D)TLS handshake": &r.handshake,
	} {
		if n := n.Load(); n > 0 {
			drops[name] += n
		}
	}
}
