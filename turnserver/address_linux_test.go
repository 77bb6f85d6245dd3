package turnserver

import (
	"net/netip"
	"strings"
	"testing"
)

func TestNothingListensOnAddressesThatDoNotStay(t *testing.T) {
	got := readFleeting(strings.NewReader(`00000000000000000000000000000001 01 80 10 80       lo
20010db8000000000000000000000007 02 40 00 80     eth0
20010db800000000a1b2c3d4e5f60718 02 40 00 01     eth0
20010db8000000000000000000000009 02 40 00 c0     eth0
20010db800000000000000000000000a 02 40 00 a0     eth0
garbage
`))
	if len(got) != 2 || !got[netip.MustParseAddr("2001:db8::a1b2:c3d4:e5f6:718")] || !got[netip.MustParseAddr("2001:db8::9")] {
		t.Errorf("got %v, want the temporary and the tentative one", got)
	}
}
