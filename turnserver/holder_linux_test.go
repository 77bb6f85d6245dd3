package turnserver

import (
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"testing"
)

func TestHolderIsWhoHasThatAddressAndNoOther(t *testing.T) {
	me := " (" + "turnserver.test, pid " + strconv.Itoa(os.Getpid()) + ")"
	for _, host := range []string{"127.0.0.7", "[::1]"} {
		l, err := net.Listen("tcp", host+":0")
		if err != nil {
			t.Log("skipping ", host, ": ", err)
			continue
		}
		defer l.Close()
		at := l.Addr().(*net.TCPAddr).AddrPort()
		if got := Holder("tcp", at); got != me {
			t.Errorf("%s: %q, want %q", at, got, me)
		}
		for _, every := range []netip.Addr{{}, netip.IPv4Unspecified(), netip.IPv6Unspecified()} {
			if got := Holder("tcp", netip.AddrPortFrom(every, at.Port())); got != me {
				t.Errorf("%s is held, but every address is held by %q", at, got)
			}
		}
		if got := Holder("tcp", netip.AddrPortFrom(netip.MustParseAddr("127.0.0.8"), at.Port())); strings.Contains(got, me) {
			t.Errorf("%s is held, and so is 127.0.0.8: %q", at, got)
		}
		if got := Holder("udp", at); got == me {
			t.Errorf("TCP of %s is taken for UDP", at)
		}
	}
}
