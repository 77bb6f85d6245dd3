package turnserver

import (
	"errors"
	"net"
	"sync"
)

// A webListener gives an http.Server what is left of a shared port when TURN is taken out.
type webListener struct {
	socket net.Listener
	conns  chan net.Conn // not buffered: whoever hands over waits, and is still counted by the admission
	ended  chan struct{}
	once   sync.Once
}

// Share lets the web and TURN over TLS have the same port. Connections that are accepted on ln are secured with Config.TLS; those of browsers come out of
// the listener that is returned, for http.Server.Serve, and the others are clients of the relay. ALPN decides; where a client names no protocol its first
// byte does. HTTP/2 works if the http.Server has no TLSConfig, or one that names h2.
//
// The server takes ln over: it is closed by Close of either.
func (s *Server) Share(ln net.Listener) (net.Listener, error) {
	if s.webTLS == nil {
		return nil, errors.New("share " + ln.Addr().String() + ": there is no certificate. Set tls.cert and tls.key")
	}
	web := &webListener{socket: ln, conns: make(chan net.Conn), ended: make(chan struct{})}
	s.listeners.share(s, &streamListener{ln: ln, network: "tls", tls: s.webTLS, web: web})
	return web, nil
}

// hand waits for Accept; false when there will be none.
func (w *webListener) hand(c net.Conn) bool {
	select {
	case w.conns <- c:
		return true
	case <-w.ended:
		return false
	}
}

// Accept returns a connection on which the TLS handshake is done.
func (w *webListener) Accept() (net.Conn, error) {
	select {
	case c := <-w.conns:
		return c, nil
	case <-w.ended:
		return nil, net.ErrClosed
	}
}

func (w *webListener) Close() error {
	var err error
	w.once.Do(func() {
		close(w.ended)
		err = w.socket.Close()
	})
	return err
}

func (w *webListener) Addr() net.Addr { return w.socket.Addr() }
