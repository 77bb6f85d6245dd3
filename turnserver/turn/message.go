package turn

import (
	"encoding/binary"
	"net/netip"

	"github.com/pion/stun/v3"
)

const (
	headerSize  = 20
	magicCookie = 0x2112A442

	// An unauthenticated answer over UDP is at most 2.4 times a request of 28 bytes, the smallest Allocate,
	// so that a spoofed source gains nothing worth having.
	smallestRequest = 28
)

// Family is an address family as REQUESTED-ADDRESS-FAMILY has it (RFC 8656 §18.6).
type Family uint8

const (
	IPv4 Family = 0x01
	IPv6 Family = 0x02
)

func familyOf(a netip.Addr) Family {
	if a.Is4() {
		return IPv4
	}
	return IPv6
}

// A request is a message from a client. Nothing after MESSAGE-INTEGRITY is in its attributes (RFC 8489 §14.5).
type request struct {
	stun.Message
	from        FiveTuple
	size        int
	fingerprint bool
	sha256      bool     // the answer is to be protected by MESSAGE-INTEGRITY-SHA256, as the request was
	user        identity // set when authenticated
	refusal     refusal  // set when answered by an error
}

// parse tells whether data is one whole, well-formed STUN message.
func (r *request) parse(from FiveTuple, data []byte) bool {
	r.from, r.size, r.fingerprint, r.sha256, r.user, r.refusal = from, len(data), false, false, identity{}, refusal{}
	if headerSize+int(binary.BigEndian.Uint16(data[2:4])) != len(data) || len(data)%4 != 0 {
		return false
	}
	// A copy, since checking the integrity writes behind the message.
	r.Raw = append(r.Raw[:0], data...)
	if r.Decode() != nil {
		return false
	}
	if n := len(r.Attributes); n > 0 && r.Attributes[n-1].Type == stun.AttrFingerprint {
		if stun.Fingerprint.Check(&r.Message) != nil {
			return false
		}
		r.fingerprint = true
	}
	r.Attributes = r.Attributes[:covered(r.Attributes)]
	return true
}

// covered is how many attributes count: those up to the first MESSAGE-INTEGRITY, and the MESSAGE-INTEGRITY-SHA256 that may follow it.
func covered(attrs stun.Attributes) int {
	for i, a := range attrs {
		switch a.Type {
		case stun.AttrMessageIntegrity:
			if i+1 < len(attrs) && attrs[i+1].Type == stun.AttrMessageIntegritySHA256 {
				return i + 2
			}
			return i + 1
		case stun.AttrMessageIntegritySHA256, stun.AttrFingerprint:
			return i + 1
		}
	}
	return len(attrs)
}

// unknown lists the comprehension-required attributes that are not understood (RFC 8489 §6.3.1).
func (c *Core) unknown(r *request) []stun.AttrType {
	var unknown []stun.AttrType
	for _, a := range r.Attributes {
		if a.Type < 0x8000 && !c.understood(r.Type.Method, a.Type) && len(unknown) < 8 {
			unknown = append(unknown, a.Type)
		}
	}
	return unknown
}

func (c *Core) understood(m stun.Method, t stun.AttrType) bool {
	switch t {
	case stun.AttrDontFragment:
		return c.cfg.DontFragment
	case stun.AttrChangeRequest:
		return m == stun.MethodBinding && c.discovery != nil
	case stun.AttrResponsePort:
		return m == stun.MethodBinding && c.discovery != nil && c.discovery.Local[1].IsValid()
	case attrAccessToken:
		return c.credentials.Tokens != nil
	case stun.AttrConnectionID:
		return c.cfg.TCPRelays
	case stun.AttrMappedAddress, stun.AttrUsername, stun.AttrMessageIntegrity, stun.AttrErrorCode, stun.AttrUnknownAttributes,
		stun.AttrRealm, stun.AttrNonce, stun.AttrXORMappedAddress,
		stun.AttrMessageIntegritySHA256, stun.AttrPasswordAlgorithm, stun.AttrUserhash,
		stun.AttrChannelNumber, stun.AttrLifetime, stun.AttrXORPeerAddress, stun.AttrData, stun.AttrXORRelayedAddress,
		stun.AttrRequestedAddressFamily, stun.AttrRequestedTransport, stun.AttrEvenPort, stun.AttrReservationToken:
		return true
	}
	return false
}

// uint32Attr reads an attribute of four bytes; ok is false if it has another length.
func (r *request) uint32Attr(t stun.AttrType) (v uint32, present, ok bool) {
	a, present := r.Attributes.Get(t)
	if !present {
		return 0, false, true
	}
	if len(a.Value) != 4 {
		return 0, true, false
	}
	return binary.BigEndian.Uint32(a.Value), true, true
}

// parseAddress decodes the value of an XOR-…-ADDRESS (RFC 8489 §14.2).
func parseAddress(v []byte, id [stun.TransactionIDSize]byte) (netip.AddrPort, bool) {
	if len(v) < 4 {
		return netip.AddrPort{}, false
	}
	port := binary.BigEndian.Uint16(v[2:4]) ^ magicCookie>>16
	switch {
	case Family(v[1]) == IPv4 && len(v) == 8:
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], binary.BigEndian.Uint32(v[4:8])^magicCookie)
		return netip.AddrPortFrom(netip.AddrFrom4(b), port), true
	case Family(v[1]) == IPv6 && len(v) == 20:
		var b [16]byte
		binary.BigEndian.PutUint32(b[:4], magicCookie)
		copy(b[4:], id[:])
		for i := range b {
			b[i] ^= v[4+i]
		}
		return netip.AddrPortFrom(netip.AddrFrom16(b), port), true
	}
	return netip.AddrPort{}, false
}

// addAddress adds an XOR-…-ADDRESS.
func addAddress(m *stun.Message, t stun.AttrType, a netip.AddrPort) {
	var v [20]byte
	binary.BigEndian.PutUint16(v[2:4], a.Port()^magicCookie>>16)
	addr := a.Addr().Unmap()
	if addr.Is4() {
		v[1] = byte(IPv4)
		b := addr.As4()
		binary.BigEndian.PutUint32(v[4:8], binary.BigEndian.Uint32(b[:])^magicCookie)
		m.Add(t, v[:8])
		return
	}
	v[1] = byte(IPv6)
	b := addr.As16()
	var mask [16]byte
	binary.BigEndian.PutUint32(mask[:4], magicCookie)
	copy(mask[4:], m.TransactionID[:])
	for i := range b {
		v[4+i] = b[i] ^ mask[i]
	}
	m.Add(t, v[:])
}

// addPlainAddress adds an address in the form of MAPPED-ADDRESS (RFC 8489 §14.1).
func addPlainAddress(m *stun.Message, t stun.AttrType, a netip.AddrPort) {
	v := []byte{0, byte(familyOf(a.Addr()))}
	v = binary.BigEndian.AppendUint16(v, a.Port())
	m.Add(t, append(v, a.Addr().AsSlice()...))
}

func addUint32(m *stun.Message, t stun.AttrType, v uint32) {
	m.Add(t, binary.BigEndian.AppendUint32(nil, v))
}
