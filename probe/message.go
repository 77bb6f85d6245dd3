package probe

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"github.com/pion/stun/v3"
)

const (
	headerSize  = 20
	protocolUDP = 17
)

// The families of REQUESTED-ADDRESS-FAMILY (RFC 8656 §18.6).
const (
	familyIPv4 = 0x01
	familyIPv6 = 0x02
)

func newMessage(class stun.MessageClass, method stun.Method, attrs ...stun.Setter) *stun.Message {
	m := stun.New()
	m.Type = stun.NewType(method, class)
	m.TransactionID = stun.NewTransactionID()
	m.WriteHeader()
	for _, a := range attrs {
		_ = a.AddTo(m) // the attributes of this package fit
	}
	return m
}

func request(method stun.Method, attrs ...stun.Setter) *stun.Message {
	return newMessage(stun.ClassRequest, method, attrs...)
}

func attr(t stun.AttrType, value ...byte) stun.Setter {
	return stun.RawAttribute{Type: t, Value: value}
}

func requestedTransport() stun.Setter { return attr(stun.AttrRequestedTransport, protocolUDP, 0, 0, 0) }

func requestedFamily(family byte) stun.Setter {
	return attr(stun.AttrRequestedAddressFamily, family, 0, 0, 0)
}

func lifetime(seconds uint32) stun.Setter {
	return attr(stun.AttrLifetime, binary.BigEndian.AppendUint32(nil, seconds)...)
}

func channelNumber(n uint16) stun.Setter {
	return attr(stun.AttrChannelNumber, byte(n>>8), byte(n), 0, 0)
}

// peerAddress is XOR-PEER-ADDRESS. An IPv4-mapped address stays one of IPv6, as the codec's own attribute would not let it.
type peerAddress netip.AddrPort

func (p peerAddress) AddTo(m *stun.Message) error {
	a := netip.AddrPort(p)
	v := make([]byte, 4, headerSize)
	v[1] = familyIPv4
	if a.Addr().Is6() {
		v[1] = familyIPv6
	}
	binary.BigEndian.PutUint16(v[2:], a.Port())
	v = append(v, a.Addr().AsSlice()...)
	xor(v, m.TransactionID)
	m.Add(stun.AttrXORPeerAddress, v)
	return nil
}

// xor turns an XOR-…-ADDRESS into a plain one, and back (RFC 8489 §14.2).
func xor(v []byte, id [stun.TransactionIDSize]byte) {
	mask := append(binary.BigEndian.AppendUint32(nil, 0x2112A442), id[:]...)
	v[2] ^= mask[0]
	v[3] ^= mask[1]
	for i := range v[4:] {
		v[4+i] ^= mask[i]
	}
}

// address decodes an address attribute; it is not valid where there is none.
func address(m *stun.Message, t stun.AttrType, xored bool) netip.AddrPort {
	raw, ok := m.Attributes.Get(t)
	if !ok || len(raw.Value) != 8 && len(raw.Value) != 20 {
		return netip.AddrPort{}
	}
	v := append([]byte(nil), raw.Value...)
	if xored {
		xor(v, m.TransactionID)
	}
	a, ok := netip.AddrFromSlice(v[4:])
	if !ok {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(a.Unmap(), binary.BigEndian.Uint16(v[2:]))
}

// mappedAddress is where the server saw a request come from; servers of RFC 3489 know the plain form only.
func mappedAddress(m *stun.Message) netip.AddrPort {
	if a := address(m, stun.AttrXORMappedAddress, true); a.IsValid() {
		return a
	}
	return address(m, stun.AttrMappedAddress, false)
}

// text is an attribute that is shown to people: printable, and no longer than it has to be.
func text(m *stun.Message, t stun.AttrType) string {
	raw, err := m.Get(t)
	if err != nil {
		return ""
	}
	return printable(string(raw))
}

func printable(s string) string {
	const most = 100
	runes := make([]rune, 0, most)
	for _, r := range s {
		if r < ' ' || r >= 0x7F && r < 0xA0 || r == 0xFFFD || r >= 0x200B && r <= 0x200F || r >= 0x2028 && r <= 0x202E || r >= 0x2066 && r <= 0x2069 {
			r = '?'
		}
		if len(runes) == most {
			return string(runes) + "…"
		}
		runes = append(runes, r)
	}
	return string(runes)
}

// errorCode is a response's, or 0.
func errorCode(m *stun.Message) int {
	if m == nil || m.Type.Class != stun.ClassErrorResponse {
		return 0
	}
	v, err := m.Get(stun.AttrErrorCode)
	if err != nil || len(v) < 4 {
		return 0
	}
	return int(v[2]&7)*100 + int(v[3])
}

// reason is the phrase of an error, where the server has one.
func reason(m *stun.Message) string {
	v, err := m.Get(stun.AttrErrorCode)
	if err != nil || len(v) <= 4 {
		return ""
	}
	return printable(string(v[4:]))
}

var errNotSTUN = errors.New("what came is neither STUN nor ChannelData")

// frame is one STUN message or ChannelData (RFC 8656 §12.4).
type frame struct {
	message *stun.Message // nil for ChannelData
	channel uint16
	data    []byte
}

// parseFrame reads a datagram, or what cut has cut from a stream.
func parseFrame(b []byte) (frame, error) {
	switch {
	case len(b) >= 4 && b[0]>>6 == 1:
		n := int(binary.BigEndian.Uint16(b[2:]))
		if n > len(b)-4 {
			return frame{}, errNotSTUN
		}
		return frame{channel: binary.BigEndian.Uint16(b), data: b[4 : 4+n]}, nil
	case stun.IsMessage(b):
		m := &stun.Message{Raw: append([]byte(nil), b...)}
		if err := m.Decode(); err != nil {
			return frame{}, fmt.Errorf("%w: %w", errNotSTUN, err)
		}
		return frame{message: m}, nil
	}
	return frame{}, errNotSTUN
}

// cut tells how long the frame is that a stream begins with, padding included; 0 as long as that cannot be said.
func cut(b []byte) (int, error) {
	if len(b) < 4 {
		return 0, nil
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	switch b[0] >> 6 {
	case 0:
		if n%4 != 0 || len(b) >= 8 && binary.BigEndian.Uint32(b[4:]) != 0x2112A442 {
			return 0, errNotSTUN
		}
		return headerSize + n, nil
	case 1:
		return 4 + (n+3)&^3, nil
	}
	return 0, errNotSTUN
}

func channelData(number uint16, payload []byte, padded bool) []byte {
	b := binary.BigEndian.AppendUint16(make([]byte, 0, len(payload)+8), number)
	b = binary.BigEndian.AppendUint16(b, uint16(len(payload)))
	b = append(b, payload...)
	for padded && len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}
