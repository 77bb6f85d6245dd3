package conformance

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/pion/stun/v3"
)

const (
	headerSize  = 20
	magicCookie = 0x2112A442

	protocolTCP = 6
	protocolUDP = 17

	familyIPv4 = 0x01
	familyIPv6 = 0x02
)

// Attributes that the codec has no name for.
const (
	attrAdditionalAddressFamily stun.AttrType = 0x8000 // RFC 8656 §18.11
	attrAddressErrorCode        stun.AttrType = 0x8001 // RFC 8656 §18.12
	attrICMP                    stun.AttrType = 0x8004 // RFC 8656 §18.13
	attrMobilityTicket          stun.AttrType = 0x8030 // RFC 8016 §4.1
	attrUnknownRequired         stun.AttrType = 0x7FF1 // of nobody
	attrUnknownOptional         stun.AttrType = 0xFFF1
)

// newMessage builds a message with a fresh transaction id.
func newMessage(t stun.MessageType, attrs ...stun.Setter) *stun.Message {
	m := stun.New()
	m.Type = t
	m.TransactionID = stun.NewTransactionID()
	m.WriteHeader()
	for _, a := range attrs {
		_ = a.AddTo(m) // the attributes of this package cannot fail
	}
	return m
}

func request(method stun.Method, attrs ...stun.Setter) *stun.Message {
	return newMessage(stun.NewType(method, stun.ClassRequest), attrs...)
}

func indication(method stun.Method, attrs ...stun.Setter) *stun.Message {
	return newMessage(stun.NewType(method, stun.ClassIndication), attrs...)
}

// attr is an attribute of any type and value.
func attr(t stun.AttrType, value ...byte) stun.RawAttribute {
	return stun.RawAttribute{Type: t, Value: value}
}

func requestedTransport(protocol byte) stun.RawAttribute {
	return attr(stun.AttrRequestedTransport, protocol, 0, 0, 0)
}

func requestedFamily(family byte) stun.RawAttribute {
	return attr(stun.AttrRequestedAddressFamily, family, 0, 0, 0)
}

func lifetime(seconds uint32) stun.RawAttribute {
	return attr(stun.AttrLifetime, binary.BigEndian.AppendUint32(nil, seconds)...)
}

func channelNumber(n uint16) stun.RawAttribute {
	return attr(stun.AttrChannelNumber, byte(n>>8), byte(n), 0, 0)
}

func data(payload string) stun.RawAttribute { return attr(stun.AttrData, []byte(payload)...) }

// xorAddress is an XOR-…-ADDRESS (RFC 8489 §14.2).
type xorAddress struct {
	attr stun.AttrType
	addr netip.AddrPort
}

func peerAddress(a netip.AddrPort) xorAddress { return xorAddress{stun.AttrXORPeerAddress, a} }

func (a xorAddress) AddTo(m *stun.Message) error {
	v := make([]byte, 4, 20)
	v[1] = familyIPv4
	if a.addr.Addr().Is6() {
		v[1] = familyIPv6
	}
	binary.BigEndian.PutUint16(v[2:], a.addr.Port()^magicCookie>>16)
	v = append(v, a.addr.Addr().AsSlice()...)
	xorWithID(v[4:], m.TransactionID)
	m.Add(a.attr, v)
	return nil
}

func xorWithID(b []byte, id [stun.TransactionIDSize]byte) {
	mask := append(binary.BigEndian.AppendUint32(nil, magicCookie), id[:]...)
	for i := range b {
		b[i] ^= mask[i]
	}
}

// address decodes an XOR-…-ADDRESS, or a plain one.
func address(v []byte, id [stun.TransactionIDSize]byte, xor bool) (netip.AddrPort, bool) {
	if !(len(v) == 8 && v[1] == familyIPv4 || len(v) == 20 && v[1] == familyIPv6) {
		return netip.AddrPort{}, false
	}
	port, ip := binary.BigEndian.Uint16(v[2:]), append([]byte(nil), v[4:]...)
	if xor {
		port ^= magicCookie >> 16
		xorWithID(ip, id)
	}
	a, ok := netip.AddrFromSlice(ip)
	return netip.AddrPortFrom(a, port), ok
}

func canonical(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// channelData is a frame on a channel (RFC 8656 §12.4), padded as streams need it.
func channelData(number uint16, payload string, padded bool) []byte {
	b := binary.BigEndian.AppendUint16(nil, number)
	b = binary.BigEndian.AppendUint16(b, uint16(len(payload)))
	b = append(b, payload...)
	for padded && len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

// hex4 is an attribute type as IANA writes it.
func hex4(t stun.AttrType) string { return fmt.Sprintf("0x%04X", uint16(t)) }
