package conformance

import (
	"encoding/binary"
	"fmt"
	"net/netip"

	"github.com/pion/stun/v3"
)

// response is what came back for a request. A nil response is no answer; its methods work all the same.
type response struct {
	stun.Message
	mangled error // why it could not be decoded
}

func isResponse(b []byte) bool {
	return len(b) >= headerSize && b[0]>>6 == 0 && b[0]&1 == 1
}

func parseResponse(b []byte) *response {
	r := new(response)
	r.Raw = append(r.Raw, b...)
	if headerSize+int(binary.BigEndian.Uint16(b[2:4])) != len(b) {
		r.mangled = fmt.Errorf("its length field says %d, the datagram %d", binary.BigEndian.Uint16(b[2:4]), len(b)-headerSize)
		return r
	}
	r.mangled = r.Decode()
	return r
}

func (r *response) success() bool {
	return r != nil && r.mangled == nil && r.Type.Class == stun.ClassSuccessResponse
}

// code is the error code, or 0.
func (r *response) code() int {
	if r == nil || r.mangled != nil || r.Type.Class != stun.ClassErrorResponse {
		return 0
	}
	v, ok := r.Attributes.Get(stun.AttrErrorCode)
	if !ok || len(v.Value) < 4 {
		return 0
	}
	return int(v.Value[2]&7)*100 + int(v.Value[3])
}

// String tells what was answered: "no answer", "success", "400".
func (r *response) String() string {
	switch {
	case r == nil:
		return "no answer"
	case r.mangled != nil:
		return "an answer that is not STUN (" + r.mangled.Error() + ")"
	case r.success():
		return "success"
	case r.code() == 0:
		return "an error without ERROR-CODE"
	}
	return fmt.Sprint(r.code())
}

// wants is pass if the answer is one of the error codes; the first is the one that the RFC names.
func (r *response) wants(codes ...int) Verdict {
	for _, code := range codes {
		if r.code() == code {
			return pass
		}
	}
	return failf("%s, not %d", r, codes[0])
}

// wantsSuccess is pass if the request was granted.
func (r *response) wantsSuccess() Verdict { return when(r.success(), "%s, not success", r) }

func (r *response) get(t stun.AttrType) ([]byte, bool) {
	if r == nil || r.mangled != nil {
		return nil, false
	}
	a, ok := r.Attributes.Get(t)
	return a.Value, ok
}

func (r *response) has(t stun.AttrType) bool {
	_, ok := r.get(t)
	return ok
}

func (r *response) uint32(t stun.AttrType) (uint32, bool) {
	v, ok := r.get(t)
	if !ok || len(v) != 4 {
		return 0, false
	}
	return binary.BigEndian.Uint32(v), true
}

// addresses decodes all XOR-…-ADDRESS attributes of a type.
func (r *response) addresses(t stun.AttrType) (list []netip.AddrPort) {
	if r == nil || r.mangled != nil {
		return nil
	}
	for _, a := range r.Attributes {
		if a.Type == t {
			if addr, ok := address(a.Value, r.TransactionID, true); ok {
				list = append(list, addr)
			}
		}
	}
	return list
}

func (r *response) address(t stun.AttrType) netip.AddrPort {
	if list := r.addresses(t); len(list) > 0 {
		return list[0]
	}
	return netip.AddrPort{}
}

// plainAddress decodes an address that is not XORed, as those of RFC 5780 are.
func (r *response) plainAddress(t stun.AttrType) (netip.AddrPort, bool) {
	v, ok := r.get(t)
	if !ok {
		return netip.AddrPort{}, false
	}
	return address(v, r.TransactionID, false)
}

// lacks names the attributes of a list that the answer does not have.
func (r *response) lacks(types ...stun.AttrType) string {
	missing := ""
	for _, t := range types {
		if !r.has(t) {
			missing += " " + t.String()
		}
	}
	return missing
}
