package turnserver

import (
	"net"
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

// rawClient speaks STUN over UDP with nothing in between.
type rawClient struct {
	t        *testing.T
	conn     net.Conn
	server   *Server
	username string
	password string
	nonce    []byte
}

func newRawClient(t *testing.T, s *Server) *rawClient {
	t.Helper()
	conn, err := net.Dial("udp", s.listeners.addrs("udp")[0].String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	username, password, _ := s.Credentials("alice", time.Now())
	return &rawClient{t: t, conn: conn, server: s, username: username, password: password}
}

func (c *rawClient) send(typ stun.MessageType, attrs ...stun.RawAttribute) *stun.Message {
	c.t.Helper()
	setters := []stun.Setter{stun.TransactionID, typ}
	for _, a := range attrs {
		setters = append(setters, a)
	}
	if c.nonce != nil && typ.Class == stun.ClassRequest {
		setters = append(setters, stun.NewUsername(c.username), stun.NewRealm("turnpike"), stun.NewNonce(string(c.nonce)),
			stun.NewLongTermIntegrity(c.username, "turnpike", c.password))
	}
	m, err := stun.Build(setters...)
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.conn.Write(m.Raw); err != nil {
		c.t.Fatal(err)
	}
	return m
}

func (c *rawClient) receive() *stun.Message {
	c.t.Helper()
	m, err := c.read()
	if err != nil {
		c.t.Fatal(err)
	}
	return m
}

func (c *rawClient) read() (*stun.Message, error) {
	buf := make([]byte, 2000)
	n, err := c.conn.Read(buf)
	if err != nil {
		return nil, err
	}
	m := new(stun.Message)
	return m, stun.Decode(buf[:n], m)
}

// exchange sends a request until it is answered: a datagram may be lost.
func (c *rawClient) exchange(method stun.Method, attrs ...stun.RawAttribute) *stun.Message {
	c.t.Helper()
	req := c.send(stun.NewType(method, stun.ClassRequest), attrs...)
	defer func() { _ = c.conn.SetReadDeadline(time.Now().Add(5 * time.Second)) }()
	for range 40 {
		_ = c.conn.SetReadDeadline(time.Now().Add(500 * time.Millisecond))
		for {
			m, err := c.read()
			if err != nil {
				break
			}
			if m.TransactionID == req.TransactionID {
				return m
			}
		}
		_, _ = c.conn.Write(req.Raw)
	}
	c.t.Fatalf("%s is not answered", method)
	return nil
}

// request is exchange with credentials, and must succeed.
func (c *rawClient) request(method stun.Method, attrs ...stun.RawAttribute) *stun.Message {
	c.t.Helper()
	m := c.exchange(method, attrs...)
	if nonce, err := m.Get(stun.AttrNonce); err == nil {
		c.nonce = nonce
		m = c.exchange(method, attrs...)
	}
	if m.Type.Class != stun.ClassSuccessResponse {
		c.t.Fatalf("%s: %s", method, m)
	}
	return m
}

func peerAttr(a *net.UDPAddr) stun.RawAttribute {
	m := stun.New()
	_ = stun.XORMappedAddress{IP: a.IP.To4(), Port: a.Port}.AddToAs(m, stun.AttrXORPeerAddress)
	v, _ := m.Get(stun.AttrXORPeerAddress)
	return stun.RawAttribute{Type: stun.AttrXORPeerAddress, Value: v}
}

var requestedUDP = stun.RawAttribute{Type: stun.AttrRequestedTransport, Value: []byte{17, 0, 0, 0}}
