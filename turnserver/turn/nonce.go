package turn

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/netip"
	"time"
)

const (
	nonceLifetime = time.Hour
	nonceStep     = time.Minute // a client that asks twice within it gets the same nonce
	nonceMAC      = 11          // bytes; with the time stamp that makes 20 characters
)

// nonces makes and checks nonces without keeping any: a nonce is a time stamp and a MAC over it and the client's address,
// so one client's nonce is of no use to another, and a stranger's request leaves no state.
type nonces struct{ key [32]byte }

func newNonces(key [32]byte) nonces { return nonces{key: key} }

func (n nonces) make(client FiveTuple, now time.Time) []byte {
	var raw [4 + nonceMAC]byte
	binary.BigEndian.PutUint32(raw[:4], uint32(now.Truncate(nonceStep).Unix()))
	n.mac(raw[4:], raw[:4], client)
	out := make([]byte, base64.RawURLEncoding.EncodedLen(len(raw)))
	base64.RawURLEncoding.Encode(out, raw[:])
	return out
}

func (n nonces) valid(nonce []byte, client FiveTuple, now time.Time) bool {
	var raw, want [4 + nonceMAC]byte
	if len(nonce) != base64.RawURLEncoding.EncodedLen(len(raw)) {
		return false
	}
	if _, err := base64.RawURLEncoding.Strict().Decode(raw[:], nonce); err != nil {
		return false
	}
	n.mac(want[4:], raw[:4], client)
	if !hmac.Equal(raw[4:], want[4:]) {
		return false
	}
	age := now.Sub(time.Unix(int64(binary.BigEndian.Uint32(raw[:4])), 0))
	return age < nonceLifetime && age > -nonceLifetime
}

func (n nonces) mac(dst, stamp []byte, client FiveTuple) {
	h := hmac.New(sha256.New, n.key[:])
	h.Write(stamp)
	addr := client.Client.Addr().As16()
	h.Write(addr[:])
	h.Write(binary.BigEndian.AppendUint16(nil, client.Client.Port()))
	h.Write([]byte{byte(client.Transport)})
	copy(dst, h.Sum(nil))
}

// canonical is an address without the IPv4-mapped form.
func canonical(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
