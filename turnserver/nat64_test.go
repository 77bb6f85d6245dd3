package turnserver

import (
	"net/netip"
	"testing"
)

func TestNAT64PrefixesOfAnyLengthAreFound(t *testing.T) {
	for answer, want := range map[string]string{
		"64:ff9b::c000:aa":             "64:ff9b::/96",
		"2001:db8:c000:aa::":           "2001:db8::/32",
		"2001:db8:1c0:0:aa::":          "2001:db8:100::/40",
		"2001:db8:122:c000:0:aa00::":   "2001:db8:122::/48",
		"2001:db8:122:3c0:0:aa::":      "2001:db8:122:300::/56",
		"2001:db8:122:344:c0:0:aa00:0": "2001:db8:122:344::/64",
		"2001:db8:122:344::c000:ab":    "2001:db8:122:344::/96",
	} {
		got := nat64Prefixes([]netip.Addr{netip.MustParseAddr(answer)})
		if len(got) != 1 || got[0].String() != want {
			t.Errorf("%s: got %v, want %s", answer, got, want)
		}
	}
	if got := nat64Prefixes([]netip.Addr{netip.MustParseAddr("192.0.0.170"), netip.MustParseAddr("::ffff:192.0.0.170"), netip.MustParseAddr("2001:db8::1")}); got != nil {
		t.Errorf("a network without NAT64: %v", got)
	}
}

func TestLearnedNAT64PrefixIsRefused(t *testing.T) {
	s := newTestServer(t, nil)
	inside := netip.MustParseAddr("2a00:1450:64:64::a00:1")
	if s.policy().Refuses(inside) {
		t.Fatal("refused before it is known")
	}
	s.nat64.Store(&[]netip.Prefix{netip.MustParsePrefix("2a00:1450:64:64::/96")})
	if !s.policy().Refuses(inside) {
		t.Error("let pass")
	}
}
