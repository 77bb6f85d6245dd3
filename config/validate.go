package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// validate finds what a single value cannot know of itself.
func (c *Config) validate(r *report) {
	c.validateRealm(r)
	c.Turn.validate(r)
	c.validateSTUN(r)
	c.HTTP.validate(r)
	if (c.TLS.Cert == "") != (c.TLS.Key == "") {
		have, lack := "tls.cert", "tls.key"
		if c.TLS.Cert == "" {
			have, lack = lack, have
		}
		r.errorf(have, "needs %s beside it", lack)
	}
	c.validateSecure(r, "turn.listen", c.Turn.Listen)
	c.validateSecure(r, "http.listen", c.HTTP.Listen)
	c.validateAdmin(r)
	c.Drain.validate(r)
	for i, l := range c.HTTP.Listen {
		at := fmt.Sprintf("http.listen[%d]", i)
		for j, t := range c.Turn.Listen {
			if t.overlaps(l) {
				r.errorf(at, "%s and turn.listen[%d] %s cannot share a port", l, j, t)
			}
		}
	}
}

func (c *Config) validateSecure(r *report, path string, list []Listener) {
	for i, l := range list {
		if l.secure() && c.TLS.Cert == "" && c.TLS.Key == "" {
			r.errorf(fmt.Sprintf("%s[%d]", path, i), "%s needs a certificate; set tls.cert and tls.key", l)
		}
	}
}

func (c *Config) validateRealm(r *report) {
	n := utf8.RuneCountInString(c.Realm)
	if n < 1 || n > 127 {
		r.errorf("realm", "has %d characters, want 1 to 127", n)
	}
	for _, char := range c.Realm {
		if !unicode.IsPrint(char) || char == '"' || char == '\\' {
			r.errorf("realm", "holds %q, which a realm cannot", char)
			return
		}
	}
}

func (t *Turn) validate(r *report) {
	if len(t.Listen) == 0 {
		r.errorf("turn.listen", "is empty; the relay needs at least one listener, for example udp://:3478")
	}
	validateListeners(r, "turn.listen", t.Listen, "udp", "tcp", "tls", "dtls")
	if len(t.URLs) > 4 {
		r.errorf("turn.urls", "holds %d URLs; browsers slow down beyond 4", len(t.URLs))
	}
	if t.Relay.Ports.Min < 1024 && t.Relay.Ports.Min > 0 {
		r.errorf("turn.relay.ports", "begins below 1024, among the ports of other services")
	}
	for i, l := range t.Listen {
		if l.Host == "localhost" {
			r.errorf(fmt.Sprintf("turn.listen[%d]", i), "%s: localhost is for http.listen; clients of a relay need its address", l)
		}
		if l.datagrams() && l.Port >= t.Relay.Ports.Min && l.Port <= t.Relay.Ports.Max {
			r.errorf(fmt.Sprintf("turn.listen[%d]", i), "%s lies within turn.relay.ports %s", l, t.Relay.Ports)
		}
	}
	for i, rule := range t.Peers.Allow {
		if rule.Recommended {
			r.errorf(fmt.Sprintf("turn.peers.allow[%d]", i), "recommended is for turn.peers.deny")
		}
	}
	if p := t.Peers.MinPort; p < 0 || p > 65535 {
		r.errorf("turn.peers.min_port", "%d is not a port, want 0 to 65535", p)
	}
	if ttl := time.Duration(t.Credentials.TTL); ttl < 10*time.Second || ttl > 365*24*time.Hour {
		r.errorf("turn.credentials.ttl", "%s is out of range, want 10s to 365d", t.Credentials.TTL)
	}
	if m := time.Duration(t.Credentials.MaxSession); m != 0 && m < time.Minute || m > 365*24*time.Hour {
		r.errorf("turn.credentials.max_session", "%s is out of range, want 1m to 365d, or 0 for no limit", t.Credentials.MaxSession)
	}
	if d := time.Duration(t.SelfTest); d != 0 && d < time.Minute || d > 7*24*time.Hour {
		r.errorf("turn.self_test", "%s is out of range, want 1m to 7d, or 0 for at start only", t.SelfTest)
	}
	t.Credentials.validateUsers(r)
	t.Credentials.Tokens.validate(r)
	for i, name := range t.Credentials.SecretFiles {
		if name == "" {
			r.errorf(fmt.Sprintf("turn.credentials.secret_files[%d]", i), "is empty")
		}
	}
	for _, limit := range []struct {
		key string
		n   int
	}{
		{"allocations_per_user", t.Limits.AllocationsPerUser},
		{"allocations_per_address", t.Limits.AllocationsPerAddress},
		{"allocations", t.Limits.Allocations},
		{"permissions_per_allocation", t.Limits.PermissionsPerAllocation},
	} {
		if limit.n < 0 {
			r.errorf("turn.limits."+limit.key, "%d is negative; 0 means no limit", limit.n)
		}
	}
}

// validateSTUN keeps the second port apart from all others.
func (c *Config) validateSTUN(r *report) {
	const key = "stun.alternate_port"
	port := c.STUN.AlternatePort
	if port < 0 || port > 65535 {
		r.errorf(key, "%d is not a port, want 0 to 65535", port)
		return
	}
	if c.STUN.AlternateAddress.Public != "" && port == 0 {
		r.errorf("stun.alternate_address", "needs stun.alternate_port beside it")
	}
	if port == 0 || !slices.ContainsFunc(c.Turn.Listen, func(l Listener) bool { return l.Scheme == "udp" }) {
		return
	}
	if ports := c.Turn.Relay.Ports; port >= ports.Min && port <= ports.Max {
		r.errorf(key, "%d lies within turn.relay.ports %s; set another, or 0 for none", port, ports)
	}
	for i, l := range c.Turn.Listen {
		if l.datagrams() && l.Port == port {
			r.errorf(key, "%d is the port of turn.listen[%d] %s; set another, or 0 for none", port, i, l)
		}
	}
}

func (h *HTTP) validate(r *report) {
	validateListeners(r, "http.listen", h.Listen, "http", "https")
	for i, o := range h.Origins {
		if o == "*" && h.Auth.Mode != "token" {
			r.errorf(fmt.Sprintf("http.origins[%d]", i), `"*" would let every web page use the signaling with its visitors' rights; name the origins, or set http.auth.mode to token`)
		}
	}
	h.Auth.validate(r)
	if h.Connections < 0 {
		r.errorf("http.connections", "%d is negative; 0 means no limit", h.Connections)
	}
	if !peerKey.MatchString(h.PeerJS.Key) {
		r.errorf("http.peerjs.key", "%q is not 1 to 64 letters, digits, - and _", clip(h.PeerJS.Key))
	}
	if hold := time.Duration(h.PeerJS.Hold); hold < 0 || hold > time.Hour {
		r.errorf("http.peerjs.hold", "%s is out of range, want 0 to 1h", h.PeerJS.Hold)
	}
}

// validateAdmin keeps the admin listener apart, and from strangers.
func (c *Config) validateAdmin(r *report) {
	const key = "admin.listen"
	l := c.Admin.Listen.Listener
	if c.Admin.Listen.None() {
		return
	}
	if l.Scheme != "http" && l.Scheme != "https" {
		r.errorf(key, "%s does not belong here; want http:// or https://", l)
		return
	}
	if l.secure() && c.TLS.Cert == "" && c.TLS.Key == "" {
		r.errorf(key, "%s needs a certificate; set tls.cert and tls.key", l)
	}
	if !l.IsLoopback() && len(c.Admin.Tokens) == 0 {
		r.errorf(key, "%s can be reached from other hosts; set admin.tokens, or listen on localhost", l)
	}
	for i, other := range c.Turn.Listen {
		if l.overlaps(other) {
			r.errorf(key, "%s and turn.listen[%d] %s cannot share a port", l, i, other)
		}
	}
	for i, other := range c.HTTP.Listen {
		if l.overlaps(other) {
			r.errorf(key, "%s and http.listen[%d] %s cannot share a port", l, i, other)
		}
	}
}

// peerKey is what stands in a URL as it is.
var peerKey = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// validateListeners checks schemes and that no two overlap. A zero Listener is
// one whose text was already refused.
func validateListeners(r *report, path string, list []Listener, schemes ...string) {
	for i, l := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		if l == (Listener{}) {
			continue
		}
		if !slices.Contains(schemes, l.Scheme) {
			r.errorf(at, "%s does not belong here; want %s://", l, strings.Join(schemes, ":// or "))
			continue
		}
		for j, other := range list[:i] {
			if l.overlaps(other) {
				r.errorf(at, "%s is already taken by %s[%d] %s", l, path, j, other)
			}
		}
	}
}
