package turn

import (
	"net/netip"
	"testing"
)

func TestEveryRecommendedRangeIsRefusedInEveryEncoding(t *testing.T) {
	p := testPolicy(Internet)
	for _, r := range Recommended() {
		first := r.Addr()
		last := first
		for i := range 64 { // an address far inside
			if next := last.Next(); next.IsValid() && r.Contains(next) && i < 40 {
				last = next
			}
		}
		for _, a := range []netip.Addr{first, last} {
			if !p.Refuses(a) {
				t.Errorf("%v of %v is let pass", a, r)
			}
			if !a.Is4() {
				continue
			}
			for name, e := range encodings(a) {
				if !p.Refuses(e) {
					t.Errorf("%v as %s, %v, is let pass", a, name, e)
				}
			}
		}
	}
}

// encodings are the ways in which IPv6 carries an IPv4 address.
func encodings(a netip.Addr) map[string]netip.Addr {
	v := a.As4()
	at := func(s string, i ...int) netip.Addr {
		b := netip.MustParseAddr(s).As16()
		for k, j := range i {
			b[j] = v[k]
		}
		return netip.AddrFrom16(b)
	}
	teredoAddr := netip.MustParseAddr("2001::").As16()
	for i := range v {
		teredoAddr[12+i] = ^v[i]
	}
	return map[string]netip.Addr{
		"mapped":       at("::ffff:0:0", 12, 13, 14, 15),
		"compatible":   at("::", 12, 13, 14, 15),
		"SIIT":         at("::ffff:0:0:0", 12, 13, 14, 15),
		"6to4":         at("2002::", 2, 3, 4, 5),
		"Teredo":       netip.AddrFrom16(teredoAddr),
		"NAT64":        at("64:ff9b::", 12, 13, 14, 15),
		"local NAT64":  at("64:ff9b:1::", 6, 7, 9, 10),
		"ISATAP":       at("2a00:1450::5efe:0:0", 12, 13, 14, 15),
		"ISATAP local": at("2a00:1450::200:5efe:0:0", 12, 13, 14, 15),
	}
}

func TestAllowingATunnelDoesNotAllowWhatIsInIt(t *testing.T) {
	p := NewPolicy(PolicyConfig{Deny: Recommended(), Allow: []netip.Prefix{netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("2002::/16")}})
	for s, want := range map[string]bool{
		"64:ff9b::808:808": false, "64:ff9b::7f00:1": true, "64:ff9b::a00:1": true, "2002:808:808::1": false, "2002:a00:1::1": true,
	} {
		if got := p.Refuses(netip.MustParseAddr(s)); got != want {
			t.Errorf("%s: refused %v, want %v", s, got, want)
		}
	}
}

func TestPublicAddressesAreLetPass(t *testing.T) {
	p := testPolicy(Internet)
	for _, s := range []string{"8.8.8.8", "93.184.216.34", "172.32.0.1", "100.128.0.1", "192.0.3.1", "223.255.255.255", "2606:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8"} {
		if p.Refuses(netip.MustParseAddr(s)) {
			t.Errorf("%s is refused", s)
		}
	}
}

func TestTheLongerPrefixDecidesAndOfTwoEqualOnesTheAllow(t *testing.T) {
	prefix := netip.MustParsePrefix
	p := NewPolicy(PolicyConfig{
		Deny:  []netip.Prefix{prefix("10.0.0.0/8"), prefix("10.1.2.0/24"), prefix("8.8.8.8/32")},
		Allow: []netip.Prefix{prefix("10.1.0.0/16"), prefix("10.1.2.3/32"), prefix("8.0.0.0/8"), prefix("10.0.0.0/8")},
	})
	for s, want := range map[string]bool{"10.9.9.9": false, "10.1.9.9": false, "10.1.2.9": true, "10.1.2.3": false, "8.8.8.8": true, "8.8.4.4": false} {
		if got := p.Refuses(netip.MustParseAddr(s)); got != want {
			t.Errorf("%s: refused %v, want %v", s, got, want)
		}
	}
}

func TestOwnAddressesAreRefusedUnlessAllowedOneByOne(t *testing.T) {
	own := netip.MustParseAddr("93.184.216.34")
	for allow, want := range map[string]bool{"93.184.216.0/24": true, "0.0.0.0/0": true, "93.184.216.34/32": false} {
		p := NewPolicy(PolicyConfig{Allow: []netip.Prefix{netip.MustParsePrefix(allow)}, Own: []netip.Addr{own}})
		if got := p.Refuses(own); got != want {
			t.Errorf("allow %s: refused %v, want %v", allow, got, want)
		}
	}
}

func TestLowPortsAreRefusedBut443(t *testing.T) {
	p := NewPolicy(PolicyConfig{MinPort: 1024})
	for port, want := range map[uint16]bool{0: true, 53: true, 123: true, 443: false, 1023: true, 1024: false, 65535: false} {
		if got := p.RefusesPort(netip.AddrPortFrom(peer.Addr(), port)); got != want {
			t.Errorf("port %d: refused %v, want %v", port, got, want)
		}
	}
	if !NewPolicy(PolicyConfig{}).RefusesPort(netip.AddrPortFrom(peer.Addr(), 0)) {
		t.Error("port 0 is let pass where there is no lowest port")
	}
}

func TestInvalidAndZonedAddressesAreRefused(t *testing.T) {
	p := NewPolicy(PolicyConfig{})
	for _, a := range []netip.Addr{{}, netip.MustParseAddr("2a00:1450::1%eth0")} {
		if !p.Refuses(a) {
			t.Errorf("%v is let pass", a)
		}
	}
}
