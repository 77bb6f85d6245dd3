package turnserver

import (
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
)

// A protocol is what the first byte of a stream tells.
type protocol uint8

const (
	protocolOther       protocol = iota
	protocolSTUN                 // the types that there are begin with 0 or 1
	protocolChannelData          // RFC 8656 §12; nobody begins with it, and HTTP's letters look the same
	protocolTLS                  // a handshake record
)

func sniff(first byte) protocol {
	switch {
	case first < 2:
		return protocolSTUN
	case first >= 0x40 && first < 0x80:
		return protocolChannelData
	case first == 0x16:
		return protocolTLS
	}
	return protocolOther
}

// named is a stream whose other end is who it is said to be: what net/http tells its handlers.
type named struct {
	net.Conn
	client netip.AddrPort
}

func (n named) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(n.client) }

// CloseWrite ends one way of the stream (RFC 6062 needs that).
func (n named) CloseWrite() error { return closeWrite(n.Conn) }

func closeWrite(c net.Conn) error {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// peeked is a stream whose first byte was read to see what it is, and is read again.
type peeked struct {
	net.Conn
	head []byte
}

func peek(c net.Conn) (*peeked, error) {
	p := &peeked{Conn: c, head: make([]byte, 1)}
	_, err := c.Read(p.head)
	return p, err
}

func (p *peeked) Read(b []byte) (int, error) {
	if len(p.head) > 0 && len(b) > 0 {
		n := copy(b, p.head)
		p.head = p.head[n:]
		return n, nil
	}
	return p.Conn.Read(b)
}

// CloseWrite ends one way of the stream.
func (p *peeked) CloseWrite() error { return closeWrite(p.Conn) }

// peekedTLS is the same inside of TLS; net/http knows by its ConnectionState that it is secure.
type peekedTLS struct {
	*peeked
	secure *tls.Conn
}

func peekTLS(c *tls.Conn) (*peekedTLS, error) {
	p, err := peek(c)
	return &peekedTLS{p, c}, err
}

// ConnectionState is that of the TLS connection.
func (p *peekedTLS) ConnectionState() tls.ConnectionState { return p.secure.ConnectionState() }
