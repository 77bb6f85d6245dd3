package main

import (
	"encoding/json"
	"net/netip"
	"strings"
)

// answer is whether something applies to a packet.
type answer int

const (
	no answer = iota
	maybe
	yes
)

func (a answer) not() answer { return yes - a }

func truth(b bool) answer {
	if b {
		return yes
	}
	return no
}

// matches tells whether a match of a rule applies.
func (rs *ruleset) matches(c *nftChain, raw json.RawMessage, n newcomer) answer {
	var m struct {
		Op    string
		Left  map[string]json.RawMessage
		Right any
	}
	if json.Unmarshal(raw, &m) != nil {
		return maybe
	}
	switch m.Op {
	case "==", "in":
		return rs.compare(c, m.Left, m.Right, n)
	case "!=":
		return rs.compare(c, m.Left, m.Right, n).not()
	}
	port, isPort := n.value(m.Left).(float64)
	bound, isNumber := m.Right.(float64)
	if !isPort || !isNumber {
		return maybe
	}
	switch m.Op {
	case "<":
		return truth(port < bound)
	case "<=":
		return truth(port <= bound)
	case ">":
		return truth(port > bound)
	case ">=":
		return truth(port >= bound)
	}
	return maybe
}

func (rs *ruleset) compare(c *nftChain, left map[string]json.RawMessage, right any, n newcomer) answer {
	value := n.value(left)
	if value == nil {
		return maybe
	}
	if value == absent {
		return no
	}
	return rs.holds(c, right, value)
}

// absent is a field of another protocol than the packet's.
const absent = "\x00absent"

// value is what the packet has there: a number, a word, or an address. nil: nobody knows.
func (n newcomer) value(left map[string]json.RawMessage) any {
	var f struct{ Protocol, Field, Key string }
	for kind, raw := range left {
		if json.Unmarshal(raw, &f) != nil {
			return nil
		}
		switch kind + " " + f.Key {
		case "meta l4proto":
			return n.network
		case "meta iifname", "meta iif":
			return n.iface
		case "meta nfproto":
			if n.to.Is4() {
				return "ipv4"
			}
			return "ipv6"
		case "meta pkttype":
			return "host"
		case "ct state":
			return "new"
		}
		if kind != "payload" {
			return nil
		}
		switch ip := f.Protocol == "ip" && n.to.Is4() || f.Protocol == "ip6" && n.to.Is6(); {
		case f.Field == "dport" && (f.Protocol == n.network || f.Protocol == "th"):
			return float64(n.port)
		case f.Protocol == "udp" || f.Protocol == "tcp" || f.Protocol == "icmp" || f.Protocol == "icmpv6":
			if f.Protocol == n.network {
				return nil // a source port or a flag, which may be anything
			}
			return absent
		case f.Protocol != "ip" && f.Protocol != "ip6":
			return nil
		case !ip:
			return absent
		case f.Field == "saddr":
			return n.from
		case f.Field == "daddr":
			return n.to
		case f.Field == "protocol" || f.Field == "nexthdr":
			return n.network
		}
	}
	return nil
}

// holds tells whether the right side of a match has the value in it.
func (rs *ruleset) holds(c *nftChain, right, value any) answer {
	switch right := right.(type) {
	case float64:
		number, ok := value.(float64)
		return truth(ok && number == right)
	case string:
		if name, isSet := strings.CutPrefix(right, "@"); isSet {
			return rs.anyHolds(c, rs.sets[c.Family+" "+c.Table+" "+name], value)
		}
		if addr, ok := value.(netip.Addr); ok {
			other, err := netip.ParseAddr(right)
			if err != nil {
				return maybe
			}
			return truth(addr == other)
		}
		word, ok := value.(string)
		if prefix, wild := strings.CutSuffix(right, "*"); ok && wild {
			return truth(strings.HasPrefix(word, prefix))
		}
		return truth(ok && word == right)
	case []any:
		return rs.anyHolds(c, right, value)
	case map[string]any:
		return rs.inside(c, right, value)
	}
	return maybe
}

func (rs *ruleset) anyHolds(c *nftChain, list []any, value any) answer {
	most := no
	for _, element := range list {
		most = max(most, rs.holds(c, element, value))
	}
	return most
}

// inside knows a set, a range, a prefix, and an element with a comment or a timeout.
func (rs *ruleset) inside(c *nftChain, right map[string]any, value any) answer {
	if set, ok := right["set"].([]any); ok {
		return rs.anyHolds(c, set, value)
	}
	if element, ok := right["elem"].(map[string]any); ok {
		return rs.holds(c, element["val"], value)
	}
	if ends, ok := right["range"].([]any); ok && len(ends) == 2 {
		low, okLow := ends[0].(float64)
		high, okHigh := ends[1].(float64)
		if number, isNumber := value.(float64); okLow && okHigh && isNumber {
			return truth(low <= number && number <= high)
		}
		from, errFrom := netip.ParseAddr(word(ends[0]))
		to, errTo := netip.ParseAddr(word(ends[1]))
		if addr, isAddr := value.(netip.Addr); errFrom == nil && errTo == nil && isAddr {
			return truth(from.Compare(addr) <= 0 && addr.Compare(to) <= 0)
		}
	}
	if prefix, ok := right["prefix"].(map[string]any); ok {
		base, err := netip.ParseAddr(word(prefix["addr"]))
		bits, isNumber := prefix["len"].(float64)
		if addr, isAddr := value.(netip.Addr); err == nil && isNumber && isAddr {
			return truth(netip.PrefixFrom(base, int(bits)).Contains(addr))
		}
	}
	return maybe
}

func word(v any) string {
	s, _ := v.(string)
	return s
}
