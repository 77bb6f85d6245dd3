package conformance

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/netip"

	"github.com/pion/stun/v3"
)

// packet is one frame.
type packet struct {
	raw []byte
	via *front        // of datagrams
	m   *stun.Message // nil for ChannelData, and for what is not STUN
	req *stun.Message // what a response answers
}

func parsePacket(b []byte) *packet {
	p := &packet{raw: b}
	m := stun.New()
	if len(b) >= headerSize && b[0]>>6 == 0 && m.UnmarshalBinary(b) == nil {
		p.m = m
	}
	return p
}

// edit changes attributes, and leaves a packet as it is if there is nothing to change.
func (p *packet) edit(f *flow, change func(*stun.Message, stun.RawAttribute) (stun.RawAttribute, bool)) {
	changed := false
	raw := f.edit(p, func(a stun.RawAttribute) []stun.RawAttribute {
		a, is := change(p.m, a)
		changed = changed || is
		return []stun.RawAttribute{a}
	})
	if changed {
		via := p.via
		*p = *parsePacket(raw)
		p.via = via
	}
}

// key is the user's, whose password the proxy knows as well as the server.
func (f *flow) key(h func([]byte) []byte) []byte {
	password := usersPassword
	if f.users != "alice" {
		mac := hmac.New(sha1.New, []byte(secret))
		mac.Write([]byte(f.users))
		password = base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return h([]byte(f.users + ":" + f.realm + ":" + password))
}

// build makes a message of another's type and id, signed as that was.
func (f *flow) build(like *stun.Message, typ stun.MessageType, attrs []stun.RawAttribute, plain bool) []byte {
	m := stun.New()
	m.Type, m.TransactionID = typ, like.TransactionID
	m.WriteHeader()
	for _, a := range attrs {
		m.Add(a.Type, a.Value)
	}
	if !plain && like.Contains(stun.AttrMessageIntegrity) {
		_ = stun.MessageIntegrity(f.key(func(b []byte) []byte { s := md5.Sum(b); return s[:] })).AddTo(m)
	}
	if !plain && like.Contains(stun.AttrMessageIntegritySHA256) {
		_ = integritySHA256(f.key(func(b []byte) []byte { s := sha256.Sum256(b); return s[:] })).AddTo(m)
	}
	if like.Contains(stun.AttrFingerprint) {
		_ = stun.Fingerprint.AddTo(m)
	}
	return m.Raw
}

// edit replaces each attribute of a message by others, and signs it anew.
func (f *flow) edit(p *packet, change func(stun.RawAttribute) []stun.RawAttribute) []byte {
	var attrs []stun.RawAttribute
	for _, a := range unsigned(p.m) {
		attrs = append(attrs, change(a)...)
	}
	return f.build(p.m, p.m.Type, attrs, false)
}

// unsigned are the attributes of a message without those that protect it.
func unsigned(m *stun.Message) (list []stun.RawAttribute) {
	for _, a := range m.Attributes {
		switch a.Type {
		case stun.AttrMessageIntegrity, stun.AttrMessageIntegritySHA256, stun.AttrFingerprint:
		default:
			list = append(list, a)
		}
	}
	return list
}

func encodeAddress(t stun.AttrType, a netip.AddrPort, id [stun.TransactionIDSize]byte) stun.RawAttribute {
	m := stun.New()
	m.TransactionID = id
	m.WriteHeader()
	_ = xorAddress{t, a}.AddTo(m)
	return m.Attributes[0]
}

func plainAddress(t stun.AttrType, a netip.AddrPort) stun.RawAttribute {
	v := binary.BigEndian.AppendUint16([]byte{0, familyIPv4}, a.Port())
	return attr(t, append(v, a.Addr().AsSlice()...)...)
}

// code is the error code of a response, or 0.
func (p *packet) code() int {
	if p.m == nil || !isResponse(p.raw) {
		return 0
	}
	return parseResponse(p.raw).code()
}

func (p *packet) success(method stun.Method) bool {
	return p.m != nil && p.m.Type == stun.NewType(method, stun.ClassSuccessResponse)
}

func errorCode(code int) stun.RawAttribute {
	return attr(stun.AttrErrorCode, 0, 0, byte(code/100), byte(code%100))
}

func channelOf(b []byte) uint16 { return binary.BigEndian.Uint16(b) }
