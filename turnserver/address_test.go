package turnserver

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

func TestRelayAddressesAreChosenByWhoCanReachThem(t *testing.T) {
	for name, tt := range map[string]struct{ host, routed4, routed6, want string }{
		"a laptop":                       {"127.0.0.1 192.168.1.5 ::1", "192.168.1.5", "", "192.168.1.5"},
		"a server with both families":    {"127.0.0.1 203.0.113.7 ::1 2001:db8::7", "203.0.113.7", "2001:db8::7", "203.0.113.7 2001:db8::7"},
		"several addresses":              {"10.0.0.1 203.0.113.7 127.0.0.1", "203.0.113.7", "", "203.0.113.7"},
		"an IPv6 route, none for IPv4":   {"127.0.0.1 192.168.1.5 2001:db8::7", "", "2001:db8::7", "192.168.1.5 2001:db8::7"},
		"no route at all":                {"127.0.0.1 ::1 10.0.0.1 203.0.113.7", "", "", "203.0.113.7"},
		"a private IPv6 address":         {"127.0.0.1 192.0.2.2 fd00::2", "192.0.2.2", "fd00::2", "192.0.2.2"},
		"nothing but a private IPv6 one": {"::1 fd00::2", "", "fd00::2", "fd00::2"},
		"a route by a temporary address": {"127.0.0.1 203.0.113.7 2001:db8::7", "203.0.113.7", "2001:db8::abcd", "203.0.113.7 2001:db8::7"},
		"no network":                     {"127.0.0.1 ::1", "", "", "127.0.0.1"},
		"no address at all":              {"", "", "", ""},
	} {
		var host []netip.Addr
		for _, s := range strings.Fields(tt.host) {
			host = append(host, netip.MustParseAddr(s))
		}
		parse := func(s string) netip.Addr { a, _ := netip.ParseAddr(s); return a }
		if got := strings.Trim(fmt.Sprint(choose(host, parse(tt.routed4), parse(tt.routed6))), "[]"); got != tt.want {
			t.Errorf("%s: got %q, want %q", name, got, tt.want)
		}
	}
}
