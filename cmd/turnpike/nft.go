package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"sort"
	"strings"
)

// A ruleset is what nft -j list ruleset prints, as far as it matters to a packet
// that comes in from a stranger.
type ruleset struct {
	chains map[string]*nftChain // by family, table and name
	sets   map[string][]any     // likewise
	base   []*nftChain          // hooked where packets come in, in the order in which they are asked
	steps  int                  // rules looked at for one packet
}

type nftChain struct {
	Family, Table, Name, Hook, Policy string
	Prio                              int
	rules                             [][]map[string]json.RawMessage
}

// String is how nft names it.
func (c *nftChain) String() string { return c.Family + " " + c.Table + " " + c.Name }

// A newcomer is the first packet of a stranger.
type newcomer struct {
	network  string // udp or tcp
	port     int
	from, to netip.Addr
	iface    string
}

// verdict is what becomes of a packet.
type verdict string

const (
	accepted  verdict = "accepted"
	dropped   verdict = "dropped"
	undecided verdict = "" // the chain ends without a word
	unsure    verdict = "unsure"
)

func parseRuleset(text []byte) (*ruleset, error) {
	var list struct{ Nftables []map[string]json.RawMessage }
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("what nft prints: %w", err)
	}
	rs := &ruleset{chains: map[string]*nftChain{}, sets: map[string][]any{}}
	for _, object := range list.Nftables {
		if raw, ok := object["chain"]; ok {
			c := new(nftChain)
			if json.Unmarshal(raw, c) == nil {
				rs.chains[c.String()] = c
				if c.Hook == "input" || c.Hook == "prerouting" {
					rs.base = append(rs.base, c)
				}
			}
		}
		if raw, ok := object["set"]; ok {
			var s struct {
				Family, Table, Name string
				Elem                []any
			}
			if json.Unmarshal(raw, &s) == nil {
				rs.sets[s.Family+" "+s.Table+" "+s.Name] = s.Elem
			}
		}
		if raw, ok := object["rule"]; ok {
			var r struct {
				Family, Table, Chain string
				Expr                 []map[string]json.RawMessage
			}
			if json.Unmarshal(raw, &r) == nil {
				if c := rs.chains[r.Family+" "+r.Table+" "+r.Chain]; c != nil {
					c.rules = append(c.rules, r.Expr)
				}
			}
		}
	}
	sort.SliceStable(rs.base, func(i, j int) bool {
		a, b := rs.base[i], rs.base[j]
		return a.Hook == "prerouting" && b.Hook == "input" || a.Hook == b.Hook && a.Prio < b.Prio
	})
	return rs, nil
}

// judge takes a packet through every chain; at is the one that drops it, or that
// it is not sure about.
func (rs *ruleset) judge(n newcomer) (v verdict, at *nftChain) {
	v, rs.steps = accepted, 0
	for _, c := range rs.base {
		if c.Family != "inet" && (c.Family == "ip") != n.to.Is4() || c.Family != "inet" && c.Family != "ip" && c.Family != "ip6" {
			continue
		}
		switch said := rs.walk(c, n, 0); {
		case said == dropped || said == undecided && c.Policy == "drop":
			return dropped, c
		case said == unsure:
			v, at = unsure, c
		}
	}
	return v, at
}

// maxJumps is more than nft allows, and maxSteps more than anybody writes.
const maxJumps, maxSteps = 16, 100_000

// walk goes by the rules of one chain. A rule that it does not understand makes it
// unsure of what only follows if that rule does not apply.
func (rs *ruleset) walk(c *nftChain, n newcomer, depth int) verdict {
	mayAccept := false
	for _, rule := range c.rules {
		if rs.steps++; rs.steps > maxSteps {
			return unsure
		}
		said, certain := rs.apply(c, rule, n, depth)
		switch {
		case said == undecided:
		case !certain || said == unsure:
			mayAccept = mayAccept || said != dropped
		case said == dropped && mayAccept:
			return unsure
		case said == "return":
			return undecided
		default:
			return said
		}
	}
	if mayAccept && (c.Policy == "drop" || c.Hook == "") {
		return unsure
	}
	return undecided
}

// apply tells what one rule says to the packet, and whether it is certain that the
// rule is for it.
func (rs *ruleset) apply(c *nftChain, rule []map[string]json.RawMessage, n newcomer, depth int) (v verdict, certain bool) {
	certain = true
	for _, statement := range rule {
		for kind, raw := range statement {
			switch kind {
			case "match":
				switch rs.matches(c, raw, n) {
				case no:
					return undecided, true
				case maybe:
					certain = false
				}
			case "vmap":
				said, sure := rs.mapped(c, raw, n, depth)
				return said, certain && sure
			case "counter", "log", "limit", "comment", "mangle", "notrack", "meter":
			case "xt":
				certain = false // of iptables, and not printed
			default:
				if said, known := rs.verdictOf(c, kind, raw, n, depth); known {
					return said, certain
				}
				certain = false
			}
		}
	}
	if !certain && slices.ContainsFunc(rule, func(s map[string]json.RawMessage) bool { _, xt := s["xt"]; return xt }) {
		return unsure, false // the verdict itself may be one of iptables'
	}
	return undecided, true
}

func (rs *ruleset) verdictOf(c *nftChain, kind string, raw json.RawMessage, n newcomer, depth int) (v verdict, known bool) {
	switch kind {
	case "accept":
		return accepted, true
	case "drop", "reject":
		return dropped, true
	case "return":
		return "return", true
	case "jump", "goto":
		var to struct{ Target string }
		next := (*nftChain)(nil)
		if json.Unmarshal(raw, &to) == nil {
			next = rs.chains[c.Family+" "+c.Table+" "+to.Target]
		}
		if next == nil || depth > maxJumps {
			return unsure, true
		}
		v = rs.walk(next, n, depth+1)
		if kind == "goto" && v == undecided {
			v = "return"
		}
		return v, true
	}
	return undecided, false
}

// mapped looks up a verdict by a key, as in ct state vmap { established : accept }.
func (rs *ruleset) mapped(c *nftChain, raw json.RawMessage, n newcomer, depth int) (verdict, bool) {
	var m struct {
		Key  map[string]json.RawMessage
		Data struct {
			Set [][2]json.RawMessage
		}
	}
	if json.Unmarshal(raw, &m) != nil {
		return unsure, false
	}
	for _, pair := range m.Data.Set {
		var key any
		var said map[string]json.RawMessage
		if json.Unmarshal(pair[0], &key) != nil || json.Unmarshal(pair[1], &said) != nil {
			return unsure, false
		}
		a := rs.compare(c, m.Key, key, n)
		if a == no {
			continue
		}
		for kind, raw := range said {
			v, _ := rs.verdictOf(c, kind, raw, n, depth)
			return v, a == yes
		}
	}
	return undecided, true
}

// describe names chains in words, once each.
func describe(chains []*nftChain) string {
	var names []string
	for _, c := range chains {
		if !slices.Contains(names, c.String()) {
			names = append(names, c.String())
		}
	}
	return strings.Join(names, ", ")
}
