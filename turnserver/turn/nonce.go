package turn

import (
	"bytes"
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
	shortNonce    = 20
)

// features are the bits of the nonce cookie, by which a client knows that nobody has taken a choice away from it (RFC 8489 §9.2 and §18.1).
// They are the first of 24 bits.
type features byte

const (
	passwordAlgorithms features = 0x80
	usernameAnonymity  features = 0x40
)

const nonceCookie = "obMatJos2"

// nonces makes and checks nonces without keeping any: a nonce is a time stamp and a MAC over it, the features and the client's address,
// so one client's nonce is of no use to another, and a stranger's request leaves no state. On streams the port is only in the nonce
// itself, where it makes nonces differ: nobody can have a stream from an address that is not his, and clients of RFC 6062 take the nonce along to
// the next one.
type nonces struct{ key [32]byte }

func newNonces(key [32]byte) nonces { return nonces{key: key} }

var nonceCoding = base64.RawURLEncoding.Strict()

// make returns a nonce; without features it has no cookie, and is short.
func (n nonces) make(client FiveTuple, now time.Time, f features) []byte {
	raw := binary.BigEndian.AppendUint32(nil, uint32(now.Truncate(nonceStep).Unix()))
	if client.Transport.Reliable() {
		raw = binary.BigEndian.AppendUint16(raw, client.Client.Port())
	}
	raw = append(raw, n.mac(raw, client, f)...)
	var out []byte
	if f != 0 {
		out = base64.StdEncoding.AppendEncode([]byte(nonceCookie), []byte{byte(f), 0, 0})
	}
	return nonceCoding.AppendEncode(out, raw)
}

// valid tells whether the nonce is ours, of this client, and fresh, and which features it promised.
func (n nonces) valid(nonce []byte, client FiveTuple, now time.Time) (features, bool) {
	var f features
	if rest, ok := bytes.CutPrefix(nonce, []byte(nonceCookie)); ok && len(rest) >= 4 {
		var bits [3]byte
		if _, err := base64.StdEncoding.Decode(bits[:], rest[:4]); err != nil {
			return 0, false
		}
		f, nonce = features(bits[0]), rest[4:]
	}
	size := 4 + nonceMAC
	if client.Transport.Reliable() {
		size += 2
	}
	if len(nonce) != nonceCoding.EncodedLen(size) {
		return 0, false
	}
	raw, err := nonceCoding.AppendDecode(nil, nonce)
	if err != nil {
		return 0, false
	}
	said, mac := raw[:size-nonceMAC], raw[size-nonceMAC:]
	if !hmac.Equal(mac, n.mac(said, client, f)) {
		return 0, false
	}
	age := now.Sub(time.Unix(int64(binary.BigEndian.Uint32(said)), 0))
	return f, age < nonceLifetime && age > -nonceLifetime
}

// mac is over what the nonce says in clear, and what it does not: the client's address.
func (n nonces) mac(said []byte, client FiveTuple, f features) []byte {
	h := hmac.New(sha256.New, n.key[:])
	h.Write(said)
	addr := client.Client.Addr().As16()
	h.Write(addr[:])
	stream := byte(1)
	if !client.Transport.Reliable() {
		stream = 0
		h.Write(binary.BigEndian.AppendUint16(nil, client.Client.Port()))
	}
	h.Write([]byte{stream, byte(f)})
	return h.Sum(nil)[:nonceMAC]
}

// canonical is an address without the IPv4-mapped form.
func canonical(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
