package turn

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/pion/stun/v3"
)

// A client speaks to the core as browsers do.
type client struct {
	*world
	tuple              FiveTuple
	username, password string
	nonce              []byte
	fingerprint        bool
}

func (w *world) client(addr netip.AddrPort, user string) *client {
	name, password, _ := w.core.credentials.Sign(user, 0, w.now)
	return &client{world: w, tuple: FiveTuple{Client: addr, Server: serverAddr}, username: name, password: password}
}

// build makes a request with integrity, or without if there is no nonce yet.
func (c *client) build(method stun.Method, attrs ...stun.Setter) *stun.Message {
	m := stun.New()
	m.Type = stun.NewType(method, stun.ClassRequest)
	m.TransactionID = newID()
	m.WriteHeader()
	for _, a := range attrs {
		if err := a.AddTo(m); err != nil {
			c.t.Fatal(err)
		}
	}
	if c.nonce != nil {
		m.Add(stun.AttrUsername, []byte(c.username))
		m.Add(stun.AttrRealm, []byte(testRealm))
		m.Add(stun.AttrNonce, c.nonce)
		key := algorithmMD5.key(c.username, testRealm, c.password)
		if err := stun.MessageIntegrity(key).AddTo(m); err != nil {
			c.t.Fatal(err)
		}
	}
	if c.fingerprint {
		_ = stun.Fingerprint.AddTo(m)
	}
	return m
}

// once sends a request and returns the one answer.
func (c *client) once(m *stun.Message) *stun.Message {
	c.t.Helper()
	answers := c.send(c.tuple, m.Raw)
	if len(answers) != 1 {
		c.t.Fatalf("%s: got %d answers, want one", m.Type, len(answers))
	}
	return c.decode(answers[0], m)
}

func (c *client) decode(raw []byte, m *stun.Message) *stun.Message {
	c.t.Helper()
	res := new(stun.Message)
	if err := stun.Decode(raw, res); err != nil {
		c.t.Fatalf("%s: %v", m.Type, err)
	}
	if res.TransactionID != m.TransactionID || res.Type.Method != m.Type.Method {
		c.t.Fatalf("%s: the answer is to something else", m.Type)
	}
	return res
}

// request sends a request, after the challenge if there was none yet, and returns the answer.
func (c *client) request(method stun.Method, attrs ...stun.Setter) *stun.Message {
	c.t.Helper()
	if c.nonce == nil {
		res := c.once(c.build(method, attrs...))
		if code(res) != 401 {
			c.t.Fatalf("%s: got %d before credentials, want 401", method, code(res))
		}
		c.nonce = must(res.Get(stun.AttrNonce))
	}
	return c.once(c.build(method, attrs...))
}

func (c *client) allocate(attrs ...stun.Setter) netip.AddrPort {
	c.t.Helper()
	res := c.request(stun.MethodAllocate, append([]stun.Setter{udpTransport}, attrs...)...)
	if code(res) != 0 {
		c.t.Fatalf("allocate: got %d", code(res))
	}
	return address(c.t, res, stun.AttrXORRelayedAddress)
}

func (c *client) permit(peer netip.AddrPort) int {
	c.t.Helper()
	return code(c.request(stun.MethodCreatePermission, peerAddress(peer)))
}

func (c *client) bind(n uint16, peer netip.AddrPort) int {
	c.t.Helper()
	return code(c.request(stun.MethodChannelBind, channelNumber(n), peerAddress(peer)))
}

func (c *client) refresh(seconds uint32) int {
	c.t.Helper()
	return code(c.request(stun.MethodRefresh, lifetime(seconds)))
}

func (c *client) channelData(n uint16, data []byte) [][]byte {
	return c.send(c.tuple, AppendChannelData(nil, n, data, c.tuple.Transport.Reliable()))
}

func (c *client) sendIndication(peer netip.AddrPort, data []byte) {
	m := stun.New()
	m.Type = stun.NewType(stun.MethodSend, stun.ClassIndication)
	m.TransactionID = newID()
	m.WriteHeader()
	addAddress(m, stun.AttrXORPeerAddress, peer)
	m.Add(stun.AttrData, data)
	c.send(c.tuple, m.Raw)
}

type setter func(*stun.Message) error

func (s setter) AddTo(m *stun.Message) error { return s(m) }

func attr(t stun.AttrType, v []byte) stun.Setter {
	return setter(func(m *stun.Message) error { m.Add(t, v); return nil })
}

var udpTransport = attr(stun.AttrRequestedTransport, []byte{17, 0, 0, 0})

func peerAddress(a netip.AddrPort) stun.Setter {
	return setter(func(m *stun.Message) error { addAddress(m, stun.AttrXORPeerAddress, a); return nil })
}

// rawPeerAddress keeps the IPv4-mapped form on the wire.
func rawPeerAddress(a netip.AddrPort) stun.Setter {
	return setter(func(m *stun.Message) error {
		v := make([]byte, 20)
		v[1] = byte(IPv6)
		binary.BigEndian.PutUint16(v[2:], a.Port()^magicCookie>>16)
		b := a.Addr().As16()
		mask := binary.BigEndian.AppendUint32(nil, magicCookie)
		mask = append(mask, m.TransactionID[:]...)
		for i := range b {
			v[4+i] = b[i] ^ mask[i]
		}
		m.Add(stun.AttrXORPeerAddress, v)
		return nil
	})
}

func channelNumber(n uint16) stun.Setter {
	return attr(stun.AttrChannelNumber, []byte{byte(n >> 8), byte(n), 0, 0})
}

func lifetime(seconds uint32) stun.Setter {
	return attr(stun.AttrLifetime, binary.BigEndian.AppendUint32(nil, seconds))
}

func family(f Family) stun.Setter {
	return attr(stun.AttrRequestedAddressFamily, []byte{byte(f), 0, 0, 0})
}

var additionalFamily = attr(attrAdditionalAddressFamily, []byte{byte(IPv6), 0, 0, 0})

func newID() (id [stun.TransactionIDSize]byte) {
	for i := range id {
		id[i] = byte(rand.Uint32())
	}
	return id
}

// code is the error code of an answer, 0 for success.
func code(m *stun.Message) int {
	var e stun.ErrorCodeAttribute
	if m.Type.Class == stun.ClassSuccessResponse {
		return 0
	}
	if err := e.GetFrom(m); err != nil {
		return -1
	}
	return int(e.Code)
}

func address(t testing.TB, m *stun.Message, a stun.AttrType) netip.AddrPort {
	t.Helper()
	v, err := m.Get(a)
	if err != nil {
		t.Fatalf("no %s", a)
	}
	addr, ok := parseAddress(v, m.TransactionID)
	if !ok {
		t.Fatalf("bad %s", a)
	}
	return addr
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
