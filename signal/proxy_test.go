package signal

import (
	"net/http/httptest"
	"net/netip"
	"testing"
)

func TestTheClientBehindTrustedProxies(t *testing.T) {
	trusted := proxies{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, test := range []struct {
		what, peer, want string
		header           []string
	}{
		{"no proxy", "192.0.2.1:5", "192.0.2.1", nil},
		{"a stranger's word", "192.0.2.1:5", "192.0.2.1", []string{"X-Forwarded-For", "198.51.100.1"}},
		{"one proxy", "10.0.0.1:5", "198.51.100.1", []string{"X-Forwarded-For", "198.51.100.1"}},
		{"the client's own word", "10.0.0.1:5", "198.51.100.1", []string{"X-Forwarded-For", "203.0.113.5, 198.51.100.1"}},
		{"in two lines", "10.0.0.1:5", "198.51.100.1", []string{"X-Forwarded-For", "203.0.113.5", "X-Forwarded-For", "198.51.100.1"}},
		{"two proxies", "10.0.0.1:5", "198.51.100.1", []string{"X-Forwarded-For", "198.51.100.1, 10.0.0.2"}},
		{"with a port", "10.0.0.1:5", "198.51.100.1", []string{"X-Forwarded-For", "198.51.100.1:4711"}},
		{"IPv6", "[fd00::1]:5", "2001:db8::5", []string{"X-Forwarded-For", "2001:db8::5"}},
		{"a mapped peer", "[::ffff:10.0.0.1]:5", "198.51.100.1", []string{"X-Forwarded-For", "198.51.100.1"}},
		{"rubbish", "10.0.0.1:5", "10.0.0.1", []string{"X-Forwarded-For", "198.51.100.1, unknown"}},
		{"nothing", "10.0.0.1:5", "10.0.0.1", nil},
		{"Forwarded", "10.0.0.1:5", "198.51.100.1", []string{"Forwarded", "for=203.0.113.5, For=198.51.100.1;proto=https"}},
		{"Forwarded, IPv6", "10.0.0.1:5", "2001:db8::5", []string{"Forwarded", `proto=https; for="[2001:db8::5]:4711"`}},
		{"Forwarded without for", "10.0.0.1:5", "10.0.0.1", []string{"Forwarded", "proto=https"}},
		{"both", "10.0.0.1:5", "10.0.0.1", []string{"Forwarded", "for=203.0.113.5", "X-Forwarded-For", "198.51.100.1"}},
	} {
		r := httptest.NewRequest("GET", "/v1/ice", nil)
		r.RemoteAddr = test.peer
		for i := 0; i < len(test.header); i += 2 {
			r.Header.Add(test.header[i], test.header[i+1])
		}
		if got := trusted.client(r); got.String() != test.want {
			t.Errorf("%s: got %v, want %s", test.what, got, test.want)
		}
	}
}
