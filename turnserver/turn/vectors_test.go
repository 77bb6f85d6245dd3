package turn

import (
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"

	"github.com/pion/stun/v3"
)

func unhex(s string) []byte {
	return must(hex.DecodeString(strings.Join(strings.Fields(s), "")))
}

// The request of RFC 5769 §2.4 is protected by long-term credentials.
func TestRFC5769LongTermRequestVerifies(t *testing.T) {
	data := unhex(`000100602112a44278ad3433c6ad72c029da412e
		00060012e3839ee38388e383aae38383e382af e382b90000
		0015001c662f2f3439396b39353464364f4c33346f4c394653547679363473 41
		0014000b6578616d706c652e6f7267 00
		00080014f67024656dd64a3e02b8e0712e85c9a28ca89666`)
	var r request
	if !r.parse(FiveTuple{}, data) {
		t.Fatal("does not parse")
	}
	name := string(must(r.Get(stun.AttrUsername)))
	if name != "マトリックス" {
		t.Errorf("name is %q", name)
	}
	key := algorithmMD5.key(name, "example.org", "TheMatrIX")
	if err := stun.MessageIntegrity(key).Check(&r.Message); err != nil {
		t.Error(err)
	}
	key = algorithmMD5.key(name, "example.org", "TheMatrix")
	if stun.MessageIntegrity(key).Check(&r.Message) == nil {
		t.Error("a wrong password verifies")
	}
}

// The responses of RFC 5769 §2.2 and §2.3 carry an IPv4 and an IPv6 address.
func TestRFC5769AddressesAreRead(t *testing.T) {
	for _, tt := range []struct{ data, want string }{
		{`0101003c2112a442b7e7a701bc34d686fa87dfae
			8022000b7465737420766563746f7220
			002000080001a147e112a643
			000800142b91f599fd9e90c38c7489f92af9ba53f06be7d7
			80280004c07d4c96`, "192.0.2.1:32853"},
		{`010100482112a442b7e7a701bc34d686fa87dfae
			8022000b7465737420766563746f7220
			002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9
			00080014a382954e4be67bf11784c97c8292c275bfe3ed41
			80280004c8fb0b4c`, "[2001:db8:1234:5678:11:2233:4455:6677]:32853"},
	} {
		var r request
		if !r.parse(FiveTuple{}, unhex(tt.data)) {
			t.Fatal("does not parse")
		}
		if !r.fingerprint {
			t.Error("the fingerprint was not seen")
		}
		got := address(t, &r.Message, stun.AttrXORMappedAddress)
		if got != netip.MustParseAddrPort(tt.want) {
			t.Errorf("got %v, want %v", got, tt.want)
		}
		// And written the same.
		r.Reset()
		addAddress(&r.Message, stun.AttrXORMappedAddress, got)
		if back := address(t, &r.Message, stun.AttrXORMappedAddress); back != got {
			t.Errorf("%v came back as %v", got, back)
		}
	}
}

func TestFramesOnAStream(t *testing.T) {
	for _, tt := range []struct {
		in   string
		size int
		fail bool
	}{
		{"", 0, false},
		{"00", 0, false},
		{"000100", 0, false},
		{"00010000", 20, false},
		{"000100002112a442", 20, false},
		{"000100002112a443", 0, true}, // no cookie
		{"00010003", 0, true},         // STUN is a multiple of four
		{"40000000", 4, false},
		{"40000001", 8, false},     // padded
		{"4000fffc", 65536, false}, // must not wrap
		{"4000ffff", 65540, false},
		{"0001fffc", 65552, false},
		{"80", 0, true},
		{"ff", 0, true},
		{"474554202f", 4 + 0x5420, false}, // "GET /" reads as ChannelData of a channel nobody has, and dies of the deadline
	} {
		got, err := FrameSize(unhex(tt.in))
		if got != tt.size || (err != nil) != tt.fail {
			t.Errorf("%q: got %d, %v", tt.in, got, err)
		}
	}
}
