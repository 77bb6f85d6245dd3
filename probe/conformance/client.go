package conformance

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/pion/stun/v3"
)

// maxQueue bounds what a client keeps that nobody has asked for yet; what comes then is dropped.
const maxQueue = 256

// client is one 5-tuple. It is used by one goroutine, and reads only while something is waited for.
type client struct {
	srv    *server
	via    transport
	packet *net.UDPConn // one of the two
	conn   net.Conn
	buf    []byte  // what has come of a stream, less than a frame
	queue  []frame // what came while something else was waited for
	lost   error   // why a stream ended

	user  credentials
	realm string
	nonce []byte
	// What came with the nonce (RFC 8489 §9.2.4).
	algorithms []byte
	sha256     bool // sign by MESSAGE-INTEGRITY-SHA256
	hidden     bool // say USERHASH instead of USERNAME

	relayed []netip.AddrPort // of its allocation
}

// frame is one datagram, or one message of a stream.
type frame struct {
	data []byte
	from netip.AddrPort
}

func (srv *server) dial(via transport) (*client, error) {
	c := &client{srv: srv, via: via, user: srv.user}
	if via == udp {
		network := "udp4"
		if srv.at.Addr().Is6() {
			network = "udp6"
		}
		conn, err := net.ListenUDP(network, &net.UDPAddr{IP: localAddress(srv.at).AsSlice()})
		if err != nil {
			return nil, err
		}
		c.packet = conn
		return c, nil
	}
	ctx, cancel := context.WithTimeout(srv.ctx, 5*time.Second)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", srv.at.String())
	if err != nil {
		return nil, err
	}
	c.conn = conn
	if via == tlsOverTCP {
		secure := tls.Client(conn, &tls.Config{ServerName: srv.uri.Host, NextProtos: []string{"stun.turn"}, MinVersion: tls.VersionTLS12})
		err = secure.HandshakeContext(ctx)
		if err != nil && srv.ctx.Err() == nil && !isCertificateError(err) {
			conn.Close() // not every server knows RFC 7443
			return srv.dialTLSPlainly(ctx)
		}
		if err != nil {
			conn.Close()
			return nil, fmt.Errorf("TLS with %s: %w", srv.uri.Host, err)
		}
		c.conn = secure
	}
	return c, nil
}

// redial takes another 5-tuple.
func (c *client) redial() error {
	fresh, err := c.srv.dial(c.via)
	if err != nil {
		return err
	}
	c.close()
	c.packet, c.conn, c.queue, c.nonce = fresh.packet, fresh.conn, nil, nil
	return nil
}

func (srv *server) dialTLSPlainly(ctx context.Context) (*client, error) {
	d := tls.Dialer{Config: &tls.Config{ServerName: srv.uri.Host, MinVersion: tls.VersionTLS12}}
	conn, err := d.DialContext(ctx, "tcp", srv.at.String())
	if err != nil {
		return nil, fmt.Errorf("TLS with %s: %w", srv.uri.Host, err)
	}
	return &client{srv: srv, via: tlsOverTCP, user: srv.user, conn: conn}, nil
}

func isCertificateError(err error) bool {
	var verification *tls.CertificateVerificationError
	return errors.As(err, &verification)
}

// localAddress is the address from which this host speaks to another; nothing is sent.
func localAddress(to netip.AddrPort) netip.Addr {
	conn, err := net.Dial("udp", to.String())
	if err != nil {
		return netip.Addr{}
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
}

func (c *client) local() netip.AddrPort {
	if c.packet != nil {
		return canonical(c.packet.LocalAddr().(*net.UDPAddr).AddrPort())
	}
	return canonical(c.conn.LocalAddr().(*net.TCPAddr).AddrPort())
}

func (c *client) close() {
	if c.packet != nil {
		c.packet.Close()
	} else if c.conn != nil {
		c.conn.Close()
	}
}

// send sends bytes as they are. Errors show by there being no answer: ICMP may come late, or be about an earlier datagram.
func (c *client) send(data []byte) {
	if c.packet != nil {
		_, _ = c.packet.WriteToUDPAddrPort(data, c.srv.at)
		return
	}
	_ = c.conn.SetWriteDeadline(time.Now().Add(2 * time.Second))
	_, _ = c.conn.Write(data)
}

// read returns the next frame that comes before a time.
func (c *client) read(until time.Time) (frame, bool) {
	if deadline, ok := c.srv.ctx.Deadline(); ok && deadline.Before(until) {
		until = deadline
	}
	if c.packet != nil {
		return c.readPacket(until)
	}
	for c.lost == nil {
		if f, ok := c.cut(); ok {
			return f, true
		}
		chunk := make([]byte, 4096)
		_ = c.conn.SetReadDeadline(until)
		n, err := c.conn.Read(chunk)
		c.buf = append(c.buf, chunk[:n]...)
		if err != nil && n == 0 {
			if !errors.Is(err, os.ErrDeadlineExceeded) {
				c.lost = err
			}
			return frame{}, false
		}
	}
	return frame{}, false
}

func (c *client) readPacket(until time.Time) (frame, bool) {
	buf := make([]byte, 1<<16)
	for time.Now().Before(until) && c.srv.ctx.Err() == nil {
		_ = c.packet.SetReadDeadline(until)
		n, from, err := c.packet.ReadFromUDPAddrPort(buf)
		switch {
		case err == nil:
			return frame{bytes.Clone(buf[:n]), canonical(from)}, true
		case errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrDeadlineExceeded):
			return frame{}, false
		}
		time.Sleep(5 * time.Millisecond) // an ICMP error of an earlier datagram
	}
	return frame{}, false
}

// cut takes one frame from the front of a stream (RFC 8656 §12.5: ChannelData is padded there).
func (c *client) cut() (frame, bool) {
	if len(c.buf) < 4 {
		return frame{}, false
	}
	size := int(binary.BigEndian.Uint16(c.buf[2:4]))
	switch c.buf[0] >> 6 {
	case 0:
		size += 20
	case 1:
		size = 4 + (size+3)&^3
	default:
		c.lost = errors.New("what came over the stream is neither STUN nor ChannelData")
		return frame{}, false
	}
	if len(c.buf) < size {
		return frame{}, false
	}
	f := frame{bytes.Clone(c.buf[:size]), c.srv.at}
	c.buf = c.buf[size:]
	return f, true
}

// await returns the first frame that fits, and keeps the others.
func (c *client) await(until time.Time, fits func(frame) bool) (frame, bool) {
	for i, f := range c.queue {
		if fits(f) {
			c.queue = append(c.queue[:i:i], c.queue[i+1:]...)
			return f, true
		}
	}
	for {
		f, ok := c.read(until)
		if !ok {
			return frame{}, false
		}
		if fits(f) {
			return f, true
		}
		if len(c.queue) < maxQueue {
			c.queue = append(c.queue, f)
		}
	}
}

// roundTrip sends a request, again and again over UDP (RFC 8489 §6.2.1), and returns the answer, or nil.
func (c *client) roundTrip(m *stun.Message, patience time.Duration) *response {
	return c.roundTripRaw(m.Raw, m.TransactionID, patience)
}

func (c *client) roundTripRaw(raw []byte, id [stun.TransactionIDSize]byte, patience time.Duration) *response {
	end := time.Now().Add(patience)
	answers := func(f frame) bool { return f.from == c.srv.at && isResponse(f.data) && [12]byte(f.data[8:20]) == id }
	for rto := max(250*time.Millisecond, 2*c.srv.rtt); ; rto *= 2 {
		c.send(raw)
		until := time.Now().Add(rto)
		if until.After(end) || c.via.stream() {
			until = end
		}
		if f, ok := c.await(until, answers); ok {
			return parseResponse(f.data)
		}
		if !time.Now().Before(end) || c.lost != nil || c.srv.ctx.Err() != nil {
			return nil
		}
	}
}
