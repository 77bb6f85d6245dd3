package coturn

import (
	"errors"
	"net/netip"
	"strings"
)

// maxRules bounds the prefixes into which ranges fall apart.
const maxRules = 1024

// rule is a line of denied-peer-ip or allowed-peer-ip.
type rule struct {
	line
	prefixes []netip.Prefix
}

// peers translates denied-peer-ip and allowed-peer-ip. What turnpike recommends to
// refuse stays refused.
func (t *translator) peers() {
	denied, allowed := t.rules("denied-peer-ip"), t.rules("allowed-peer-ip")
	if len(denied) == 0 {
		t.care(line{}, "peers on private networks are refused, as coturn does not by itself; turn.peers.allow opens those that calls need")
	}
	if len(denied) > 0 {
		t.set("turn.peers.deny", "recommended")
	}
	for _, d := range denied {
		here := 0
		for _, p := range d.prefixes {
			if !t.covered(p, allowed) {
				t.set("turn.peers.deny", text(p), d.line)
				here++
			}
		}
		if here == 0 {
			t.note(d.line, `is among what "recommended" refuses`)
		}
		if a, ok := within(d, allowed); ok {
			t.care(d.line, "is refused, though coturn let line %d win: of two rules the longer prefix counts", a.number)
		}
	}
	for _, a := range allowed {
		for _, p := range a.prefixes {
			t.set("turn.peers.allow", text(p), a.line)
		}
		switch p := a.prefixes[0]; {
		case p.IsSingleIP() && len(a.prefixes) == 1:
			t.care(a.line, "opens every UDP port of that address from turn.peers.min_port up; if it is here for the relay's own address, remove it: live relays are always reached")
		case t.reopens(a):
			t.care(a.line, "is wider than networks that turn.peers.deny names; those stay refused")
		default:
			t.care(a.line, "opens every UDP port from turn.peers.min_port up in these networks, but for those that this host is on; name the addresses that calls need instead")
		}
	}
}

// rules reads the lines of an option.
func (t *translator) rules(option string) (list []rule) {
	count := 0
	for _, l := range t.each(option) {
		prefixes, cidr, err := parseRange(l.value)
		switch {
		case err != nil:
			t.care(l, "%s; left out", err)
		case cidr && option == "allowed-peer-ip":
			t.care(l, "coturn takes no prefix and so never let these through; left out")
		default:
			if count += len(prefixes); count > maxRules {
				t.care(l, "is beyond %d networks; left out", maxRules)
				continue
			}
			if cidr {
				t.care(l, "coturn takes no prefix and so never refused these; turnpike does")
			}
			list = append(list, rule{l, prefixes})
		}
	}
	return list
}

// covered tells whether a prefix is refused anyway, and no line opens it.
func (t *translator) covered(p netip.Prefix, allowed []rule) bool {
	for _, a := range allowed {
		for _, open := range a.prefixes {
			if open.Overlaps(p) && open.Bits() <= p.Bits() {
				return false
			}
		}
	}
	for _, r := range t.Recommended {
		if r.Bits() <= p.Bits() && r.Contains(p.Addr()) {
			return true
		}
	}
	return false
}

// within finds the allowed line that holds a denied one, and is wider.
func within(d rule, allowed []rule) (rule, bool) {
	for _, a := range allowed {
		for _, open := range a.prefixes {
			for _, p := range d.prefixes {
				if open.Bits() < p.Bits() && open.Contains(p.Addr()) {
					return a, true
				}
			}
		}
	}
	return rule{}, false
}

// reopens tells whether networks that are recommended to be refused lie within an
// allowed line, and so stay refused.
func (t *translator) reopens(a rule) bool {
	for _, open := range a.prefixes {
		for _, r := range t.Recommended {
			if open.Bits() < r.Bits() && open.Contains(r.Addr()) {
				return true
			}
		}
	}
	return false
}

func text(p netip.Prefix) string {
	if p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.String()
}

var errRange = errors.New("is neither an IP address nor a range of them, FIRST-LAST")

// parseRange reads ADDRESS or FIRST-LAST, and tells whether it is a prefix, which
// coturn does not read.
func parseRange(s string) (list []netip.Prefix, cidr bool, err error) {
	if p, err := netip.ParsePrefix(s); err == nil && !p.Addr().Is4In6() {
		return []netip.Prefix{p.Masked()}, true, nil
	}
	low, high, ok := strings.Cut(s, "-")
	if !ok {
		high = low
	}
	from, err := netip.ParseAddr(strings.TrimSpace(low))
	to, err2 := netip.ParseAddr(strings.TrimSpace(high))
	from, to = from.Unmap(), to.Unmap()
	if err != nil || err2 != nil || from.Zone()+to.Zone() != "" || from.Is4() != to.Is4() || to.Less(from) {
		return nil, false, errRange
	}
	for {
		p := netip.PrefixFrom(from, from.BitLen())
		for p.Bits() > 0 {
			wider := netip.PrefixFrom(from, p.Bits()-1)
			if wider.Masked().Addr() != from || to.Less(last(wider)) {
				break
			}
			p = wider
		}
		list = append(list, p)
		end := last(p)
		if !end.Less(to) {
			return list, false, nil
		}
		from = end.Next()
	}
}

// last is the last address of a prefix.
func last(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	addr, _ := netip.AddrFromSlice(b)
	return addr
}
