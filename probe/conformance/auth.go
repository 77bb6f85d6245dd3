package conformance

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"github.com/pion/stun/v3"
)

const (
	nonceCookie = "obMatJos2"

	algorithmMD5    = 1
	algorithmSHA256 = 2

	// patience is how long an answer is waited for.
	patience = 4 * time.Second
)

// Bits of the nonce cookie (RFC 8489 §18.1).
const (
	featureAlgorithms = 0x80
	featureAnonymity  = 0x40
)

// features reads the first byte of the nonce cookie's 24 bits (RFC 8489 §9.2).
func features(nonce []byte) (bits byte, cookie, wellFormed bool) {
	rest, cookie := bytes.CutPrefix(nonce, []byte(nonceCookie))
	if !cookie || len(rest) < 4 {
		return 0, cookie, false
	}
	raw, err := base64.StdEncoding.DecodeString(string(rest[:4]))
	if err != nil || len(raw) != 3 {
		return 0, true, false
	}
	return raw[0], true, true
}

// room makes a request long enough that a server which does not amplify can answer all it wants.
func room() stun.RawAttribute {
	return attr(stun.AttrSoftware, bytes.Repeat([]byte("conformance "), 16)...)
}

// challenge takes realm and nonce from a 401 or 438.
func (c *client) challenge(r *response) bool {
	realm, ok1 := r.get(stun.AttrRealm)
	nonce, ok2 := r.get(stun.AttrNonce)
	if !ok1 || !ok2 {
		return false
	}
	c.realm, c.nonce = string(realm), bytes.Clone(nonce)
	c.algorithms, _ = r.get(stun.AttrPasswordAlgorithms)
	return true
}

// greet gets a nonce, if there is none yet.
func (c *client) greet(extra ...stun.Setter) *response {
	if c.nonce != nil {
		return nil
	}
	attrs := append([]stun.Setter{requestedTransport(protocolUDP)}, extra...)
	r := c.roundTrip(request(stun.MethodAllocate, attrs...), patience)
	c.challenge(r)
	return r
}

// key is that of RFC 8489 §9.2.2.
func (c *client) key() []byte {
	text := []byte(c.user.username + ":" + c.realm + ":" + c.user.password)
	if c.sha256 {
		sum := sha256.Sum256(text)
		return sum[:]
	}
	sum := md5.Sum(text)
	return sum[:]
}

// credentials are the attributes that stand before the integrity.
func (c *client) credentials() []stun.Setter {
	list := []stun.Setter{attr(stun.AttrUsername, []byte(c.user.username)...)}
	if c.hidden {
		hash := sha256.Sum256([]byte(c.user.username + ":" + c.realm))
		list[0] = attr(stun.AttrUserhash, hash[:]...)
	}
	list = append(list, attr(stun.AttrRealm, []byte(c.realm)...), attr(stun.AttrNonce, c.nonce...))
	if c.sha256 {
		list = append(list, attr(stun.AttrPasswordAlgorithms, c.algorithms...), attr(stun.AttrPasswordAlgorithm, 0, algorithmSHA256, 0, 0))
	}
	return list
}

func (c *client) integrity() stun.Setter {
	if c.sha256 {
		return integritySHA256(c.key())
	}
	return stun.MessageIntegrity(c.key())
}

// signed is an authenticated request.
func (c *client) signed(method stun.Method, attrs ...stun.Setter) *stun.Message {
	return request(method, append(append(attrs[:len(attrs):len(attrs)], c.credentials()...), c.integrity())...)
}

// call sends an authenticated request, with a fresh nonce where the server wants one.
func (c *client) call(method stun.Method, attrs ...stun.Setter) *response {
	c.greet()
	r := c.roundTrip(c.signed(method, attrs...), patience)
	if r.code() == 438 && c.challenge(r) {
		r = c.roundTrip(c.signed(method, attrs...), patience)
	}
	return r
}

// integritySHA256 is MESSAGE-INTEGRITY-SHA256 (RFC 8489 §14.6); its value is the key.
type integritySHA256 []byte

func (key integritySHA256) AddTo(m *stun.Message) error {
	m.Add(stun.AttrMessageIntegritySHA256, key.sum(m.Raw))
	return nil
}

// sum is over the message up to the attribute, with a length as if it were the last.
func (key integritySHA256) sum(before []byte) []byte {
	covered := bytes.Clone(before)
	binary.BigEndian.PutUint16(covered[2:4], uint16(len(before)-headerSize+4+sha256.Size))
	h := hmac.New(sha256.New, key)
	h.Write(covered)
	return h.Sum(nil)
}

// offset is where an attribute stands in the raw message, or -1.
func offset(raw []byte, t stun.AttrType) int {
	for at := headerSize; at+4 <= len(raw); {
		if stun.AttrType(binary.BigEndian.Uint16(raw[at:])) == t {
			return at
		}
		at += 4 + (int(binary.BigEndian.Uint16(raw[at+2:]))+3)&^3
	}
	return -1
}

// protected is pass if the answer carries an integrity that is right for the client's key.
func (c *client) protected(r *response) Verdict {
	if r == nil || r.mangled != nil {
		return failf("%s", r)
	}
	if c.sha256 {
		v, ok := r.get(stun.AttrMessageIntegritySHA256)
		if !ok {
			return failf("%s without MESSAGE-INTEGRITY-SHA256", r)
		}
		want := integritySHA256(c.key()).sum(r.Raw[:offset(r.Raw, stun.AttrMessageIntegritySHA256)])
		return when(hmac.Equal(v, want), "%s with a wrong MESSAGE-INTEGRITY-SHA256", r)
	}
	if !r.has(stun.AttrMessageIntegrity) {
		return failf("%s without MESSAGE-INTEGRITY", r)
	}
	m := stun.New()
	if m.UnmarshalBinary(r.Raw) != nil || stun.MessageIntegrity(c.key()).Check(m) != nil {
		return failf("%s with a wrong MESSAGE-INTEGRITY", r)
	}
	return pass
}
