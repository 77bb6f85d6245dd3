package coturn

import (
	"fmt"
	"slices"
	"strconv"

	"turnpike/config"
)

// draft is a turnpike.yml that is being written.
type draft struct{ values []value }

// value is what stands behind a key, or one entry of its list.
type value struct {
	key    string // turn.relay.ports
	name   string // in turn.credentials.users
	text   string
	tag    string // of YAML
	secret bool
	from   []line
}

// keys are those that a translation may set, in the order of example.yml.
var keys = []string{
	"realm",
	"turn.listen", "turn.family", "turn.tcp_relays", "turn.mobility",
	"turn.relay.addresses", "turn.relay.ports",
	"turn.peers.deny", "turn.peers.allow",
	"turn.credentials.secrets", "turn.credentials.users", "turn.credentials.tokens.server",
	"turn.limits.allocations_per_user", "turn.limits.allocations", "turn.limits.unauthenticated_per_address",
	"turn.limits.bandwidth_per_allocation", "turn.limits.bandwidth",
	"turn.alternate_servers",
	"stun.alternate_port",
	"http.listen",
	"tls.cert", "tls.key",
	"admin.listen",
	"log.level",
}

const users = "turn.credentials.users"

var lists = []string{
	"turn.listen", "turn.relay.addresses", "turn.peers.deny", "turn.peers.allow",
	"turn.credentials.secrets", "turn.alternate_servers", "http.listen",
}

// set puts a value behind a key, or adds it to the key's list.
func (d *draft) set(key, text string, from ...line) *value {
	v := value{key: key, text: text, tag: "!!str"}
	for _, l := range from {
		if l.number > 0 {
			v.from = append(v.from, l)
		}
	}
	if text == "true" || text == "false" {
		v.tag = "!!bool"
	} else if _, err := strconv.ParseInt(text, 10, 32); err == nil {
		v.tag = "!!int"
	}
	if key != users && !slices.Contains(lists, key) {
		d.values = slices.DeleteFunc(d.values, func(v value) bool { return v.key == key })
	}
	d.values = append(d.values, v)
	return &d.values[len(d.values)-1]
}

// of returns what stands behind a key.
func (d *draft) of(key string) (list []value) {
	for _, v := range d.values {
		if v.key == key {
			list = append(list, v)
		}
	}
	return list
}

// paths are how errors of package config name the values.
func (d *draft) paths() []string {
	paths := make([]string, len(d.values))
	count := map[string]int{}
	for i, v := range d.values {
		switch {
		case v.key == users:
			name := v.name
			if r := []rune(name); len(r) > 60 {
				name = string(r[:60]) + "…"
			}
			paths[i] = v.key + "." + name
		case slices.Contains(lists, v.key):
			paths[i] = fmt.Sprintf("%s[%d]", v.key, count[v.key])
			count[v.key]++
		default:
			paths[i] = v.key
		}
	}
	return paths
}

// sound leaves out what turnpike would refuse, with its own words for it. Each
// round removes something, and the defaults alone are sound.
func (t *translator) sound() error {
	for {
		_, err := config.Parse(t.yaml(true))
		refused, ok := err.(config.Errors)
		if !ok {
			return err
		}
		why := map[string]string{}
		for _, e := range refused {
			why[e.Path] = e.Message
		}
		var kept []value
		paths := t.paths()
		for i, v := range t.values {
			text, bad := why[paths[i]]
			if text == "" {
				text, bad = why[v.key]
			}
			if !bad {
				kept = append(kept, v)
				continue
			}
			for _, l := range v.from {
				t.care(l, "%s; left out", text)
			}
		}
		if len(kept) == len(t.values) {
			// A default is in the way of a value.
			for _, e := range refused {
				switch e.Path {
				case "admin.listen":
					t.set(e.Path, "")
				case "stun.alternate_port":
					t.set(e.Path, "0")
				default:
					return fmt.Errorf("is too much to translate: %w", e)
				}
			}
			continue
		}
		t.values = kept
	}
}
