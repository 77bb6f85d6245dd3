package turn

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"

	"github.com/pion/stun/v3"
)

// protected tells whether the request has an integrity attribute of a length that it may have (RFC 8489 §14.5 and §14.6).
func (r *request) protected() (present, wellFormed bool) {
	if mac, ok := r.Attributes.Get(stun.AttrMessageIntegritySHA256); ok {
		return true, len(mac.Value) >= 16 && len(mac.Value) <= sha256.Size && len(mac.Value)%4 == 0
	}
	mac, ok := r.Attributes.Get(stun.AttrMessageIntegrity)
	return ok, len(mac.Value) == 20
}

// verify checks MESSAGE-INTEGRITY-SHA256, or MESSAGE-INTEGRITY where that is all there is.
func (r *request) verify(key []byte) bool {
	mac, ok := r.Attributes.Get(stun.AttrMessageIntegritySHA256)
	if !ok {
		return stun.MessageIntegrity(key).Check(&r.Message) == nil
	}
	end := headerSize
	for _, a := range r.Attributes {
		if a.Type == stun.AttrMessageIntegritySHA256 {
			break
		}
		end += 4 + (len(a.Value)+3)&^3
	}
	return hmac.Equal(mac.Value, macSHA256(key, r.Raw[:end], len(mac.Value)))
}

// macSHA256 is the MAC over a message as it is before MESSAGE-INTEGRITY-SHA256, which will have size bytes.
func macSHA256(key, message []byte, size int) []byte {
	var head [headerSize]byte
	copy(head[:], message)
	binary.BigEndian.PutUint16(head[2:4], uint16(len(message)-headerSize+4+size))
	h := hmac.New(sha256.New, key)
	h.Write(head[:])
	h.Write(message[headerSize:])
	return h.Sum(nil)[:size]
}

// sign adds the integrity attribute of the kind that the request had.
func (c *Core) sign(req *request, key []byte) {
	if req.sha256 {
		c.out.Add(stun.AttrMessageIntegritySHA256, macSHA256(key, c.out.Raw, sha256.Size))
		return
	}
	// It can only fail if FINGERPRINT stood before it.
	_ = stun.MessageIntegrity(key).AddTo(&c.out)
}
