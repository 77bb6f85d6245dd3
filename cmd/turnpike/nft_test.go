package main

import (
	"net/netip"
	"strings"
	"testing"
)

// rulesetOf has one chain for input, with these rules, and a policy.
func rulesetOf(t *testing.T, policy string, rules ...string) *ruleset {
	t.Helper()
	objects := []string{
		`{"metainfo": {"version": "1.0.6"}}`,
		`{"table": {"family": "inet", "name": "t"}}`,
		`{"chain": {"family": "inet", "table": "t", "name": "in", "type": "filter", "hook": "input", "prio": 0, "policy": "` + policy + `"}}`,
		`{"chain": {"family": "inet", "table": "t", "name": "more"}}`,
		`{"set": {"family": "inet", "table": "t", "name": "banned", "type": "ipv4_addr", "elem": [{"prefix": {"addr": "198.51.100.0", "len": 24}}, "203.0.113.9"]}}`,
		`{"rule": {"family": "inet", "table": "t", "chain": "more", "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "th", "field": "dport"}}, "right": 3478}}, {"accept": null}]}}`,
	}
	for _, r := range rules {
		objects = append(objects, `{"rule": {"family": "inet", "table": "t", "chain": "in", "expr": [`+r+`]}}`)
	}
	rs, err := parseRuleset([]byte(`{"nftables": [` + strings.Join(objects, ",") + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	return rs
}

func TestAPacketGoesThroughTheRules(t *testing.T) {
	match := func(left, op, right string) string {
		return `{"match": {"op": "` + op + `", "left": ` + left + `, "right": ` + right + `}}`
	}
	const (
		dport  = `{"payload": {"protocol": "udp", "field": "dport"}}`
		saddr  = `{"payload": {"protocol": "ip", "field": "saddr"}}`
		proto  = `{"meta": {"key": "l4proto"}}`
		accept = `, {"accept": null}`
		drop   = `, {"drop": null}`
	)
	for name, c := range map[string]struct {
		policy string
		rules  []string
		want   verdict
	}{
		"nothing, accept":       {"accept", nil, accepted},
		"nothing, drop":         {"drop", nil, dropped},
		"its port":              {"drop", []string{match(dport, "==", "3478") + accept}, accepted},
		"another port":          {"drop", []string{match(dport, "==", "53") + accept}, dropped},
		"a port of TCP":         {"drop", []string{match(`{"payload": {"protocol": "tcp", "field": "dport"}}`, "==", "3478") + accept}, dropped},
		"a range":               {"drop", []string{match(dport, "==", `{"range": [3000, 4000]}`) + accept}, accepted},
		"a set":                 {"drop", []string{match(dport, "==", `{"set": [53, {"range": [3478, 3479]}]}`) + accept}, accepted},
		"not in a set":          {"drop", []string{match(dport, "!=", `{"set": [53]}`) + accept}, accepted},
		"above":                 {"drop", []string{match(dport, ">=", "1024") + accept}, accepted},
		"below":                 {"drop", []string{match(dport, "<", "1024") + accept}, dropped},
		"a new connection":      {"drop", []string{match(`{"ct": {"key": "state"}}`, "in", `["established", "related"]`) + accept}, dropped},
		"a verdict map":         {"drop", []string{`{"vmap": {"key": {"ct": {"key": "state"}}, "data": {"set": [["established", {"accept": null}], ["new", {"jump": {"target": "more"}}]]}}}`}, accepted},
		"a jump":                {"drop", []string{match(proto, "==", `"udp"`) + `, {"jump": {"target": "more"}}`}, accepted},
		"a jump to nowhere":     {"drop", []string{`{"jump": {"target": "gone"}}`}, unsure},
		"a return":              {"drop", []string{`{"return": null}`, match(proto, "==", `"udp"`) + accept}, dropped},
		"a named set":           {"accept", []string{match(saddr, "==", `"@banned"`) + drop}, dropped},
		"a private network":     {"accept", []string{match(saddr, "==", `{"prefix": {"addr": "10.0.0.0", "len": 8}}`) + drop}, accepted},
		"loopback":              {"drop", []string{match(`{"meta": {"key": "iifname"}}`, "==", `"lo"`) + accept}, dropped},
		"any ethernet":          {"drop", []string{match(`{"meta": {"key": "iifname"}}`, "==", `"eth*"`) + accept}, accepted},
		"counted and limited":   {"drop", []string{`{"counter": {"packets": 1}}, {"limit": {"rate": 10}}` + accept}, accepted},
		"a reject":              {"accept", []string{`{"reject": {"type": "icmp"}}`}, dropped},
		"iptables, drop":        {"drop", []string{`{"xt": null}`}, unsure},
		"iptables, accept":      {"accept", []string{`{"xt": null}`}, accepted},
		"iptables, then accept": {"drop", []string{`{"xt": null}`, match(dport, "==", "3478") + accept}, accepted},
		"not understood":        {"drop", []string{match(`{"osf": {"key": "name"}}`, "==", `"Linux"`) + accept}, unsure},
		"maybe, then drop":      {"accept", []string{match(`{"meta": {"key": "mark"}}`, "==", "1") + accept, match(dport, "==", "3478") + drop}, unsure},
	} {
		n := newcomer{"udp", 3478, netip.MustParseAddr("198.51.100.77"), netip.MustParseAddr("11.22.33.44"), "eth0"}
		if got, _ := rulesetOf(t, c.policy, c.rules...).judge(n); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func TestRulesOfTheOtherFamilyDoNotCount(t *testing.T) {
	text := `{"nftables": [{"chain": {"family": "ip6", "table": "t", "name": "in", "hook": "input", "prio": 0, "policy": "drop"}}]}`
	rs, err := parseRuleset([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	for to, want := range map[string]verdict{"11.22.33.44": accepted, "2a0b::7": dropped} {
		if got, _ := rs.judge(newcomer{network: "udp", port: 3478, to: netip.MustParseAddr(to)}); got != want {
			t.Errorf("%s: %s, want %s", to, got, want)
		}
	}
}

func FuzzRuleset(f *testing.F) {
	f.Add([]byte(`{"nftables": [{"chain": {"family": "inet", "table": "t", "name": "in", "hook": "input", "policy": "drop"}}, {"rule": {"family": "inet", "table": "t", "chain": "in", "expr": [{"jump": {"target": "in"}}]}}]}`))
	f.Add([]byte(`{"nftables": [{"set": {"elem": [{"elem": {"val": 1}}, {"prefix": {"addr": "x", "len": 99}}]}}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		rs, err := parseRuleset(text)
		if err != nil {
			return
		}
		rs.judge(newcomer{"udp", 3478, netip.MustParseAddr("198.51.100.77"), netip.MustParseAddr("11.22.33.44"), "eth0"})
	})
}
