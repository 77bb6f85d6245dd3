package turn

import "net/netip"

// A Policy says which peers may be relayed to. It is immutable, and safe for concurrent use.
//
// The longest prefix that holds an address decides, and of two equal ones the one that allows. An IPv6 address that carries an IPv4 address
// (6to4, Teredo, NAT64, ISATAP, mapped, compatible, SIIT) is refused if either is. Addresses of this host are refused unless allowed one by one;
// relayed addresses of our own that are live are not a matter of policy, and are always reachable.
type Policy struct {
	deny, allow []netip.Prefix
	own         map[netip.Addr]bool
	minPort     uint16
	mode        PeerMode
}

// PolicyConfig is what a Policy is made of.
type PolicyConfig struct {
	Deny, Allow []netip.Prefix
	Own         []netip.Addr // addresses of this host
	MinPort     uint16       // no peer port below it is relayed to, except 443: what listens there are servers, and some of them reflect
	Mode        PeerMode
}

// A PeerMode says who may be a peer at all, besides live relays of our own.
type PeerMode uint8

const (
	Internet PeerMode = iota // everybody whom the lists let pass
	Signaled                 // of those, only whom the user has met in signaling
	Relays                   // nobody
)

// NewPolicy returns a policy.
func NewPolicy(cfg PolicyConfig) *Policy {
	p := &Policy{deny: cfg.Deny, allow: cfg.Allow, own: make(map[netip.Addr]bool, len(cfg.Own)), minPort: cfg.MinPort, mode: cfg.Mode}
	for _, a := range cfg.Own {
		p.own[a.Unmap().WithZone("")] = true
	}
	return p
}

// Refuses tells whether no permission may be given for the address.
func (p *Policy) Refuses(a netip.Addr) bool {
	if !a.IsValid() || a.Zone() != "" || p.mode == Relays {
		return true
	}
	a = a.Unmap()
	if p.refuses(a) {
		return true
	}
	inner, ok := embedded(a)
	return ok && p.refuses(inner)
}

func (p *Policy) refuses(a netip.Addr) bool {
	allowed := longest(p.allow, a)
	return longest(p.deny, a) > allowed || p.own[a] && allowed < a.BitLen()
}

// RefusesPort tells whether data may not go to the port.
func (p *Policy) RefusesPort(a netip.AddrPort) bool {
	return a.Port() == 0 || a.Port() < p.minPort && a.Port() != 443
}

// AllowsExactly tells whether the address, and not only a network that holds it, is allowed.
func (p *Policy) AllowsExactly(a netip.Addr) bool {
	return p.mode != Relays && longest(p.allow, a.Unmap()) == a.Unmap().BitLen()
}

// longest is the length of the longest prefix that holds a, or -1.
func longest(prefixes []netip.Prefix, a netip.Addr) int {
	best := -1
	for _, p := range prefixes {
		if p.Bits() > best && p.Contains(a) {
			best = p.Bits()
		}
	}
	return best
}

// embedded returns the IPv4 address that an IPv6 address carries.
func embedded(a netip.Addr) (netip.Addr, bool) {
	if !a.Is6() {
		return a, false
	}
	b := a.As16()
	v4 := func(w, x, y, z byte) (netip.Addr, bool) { return netip.AddrFrom4([4]byte{w, x, y, z}), true }
	switch {
	case sixToFour.Contains(a):
		return v4(b[2], b[3], b[4], b[5])
	case teredo.Contains(a):
		return v4(^b[12], ^b[13], ^b[14], ^b[15])
	case nat64Local.Contains(a): // RFC 6052 §2.2, a prefix of 48 bits
		return v4(b[6], b[7], b[9], b[10])
	case nat64.Contains(a), compatible.Contains(a), siit.Contains(a), (b[8]&^2) == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe:
		return v4(b[12], b[13], b[14], b[15])
	}
	return netip.Addr{}, false
}

var (
	sixToFour  = netip.MustParsePrefix("2002::/16")
	teredo     = netip.MustParsePrefix("2001::/32")
	nat64      = netip.MustParsePrefix("64:ff9b::/96")
	nat64Local = netip.MustParsePrefix("64:ff9b:1::/48")
	compatible = netip.MustParsePrefix("::/96")
	siit       = netip.MustParsePrefix("::ffff:0:0:0/96")
)

// Recommended are the addresses that no peer of a public relay has: those that the IANA special-purpose registries name, multicast and
// reserved ones, and one cloud's metadata service that looks public.
func Recommended() []netip.Prefix {
	list := make([]netip.Prefix, len(recommended))
	for i, s := range recommended {
		list[i] = netip.MustParsePrefix(s)
	}
	return list
}

var recommended = [...]string{
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
	"192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"168.63.129.16/32", // Azure
	"::/128", "::1/128", "::/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/23",
	"2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
}
