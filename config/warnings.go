package config

import "fmt"

// Warning is something that is open or missing in a configuration that is
// otherwise sound.
type Warning struct {
	Key  string // the key that changes it
	Text string
}

// Warnings lists what the operator should know before strangers come.
func (c *Config) Warnings() []Warning {
	var w []Warning
	add := func(key, format string, args ...any) {
		w = append(w, Warning{key, fmt.Sprintf(format, args...)})
	}
	if len(c.Turn.Credentials.Secrets)+len(c.Turn.Credentials.SecretFiles) == 0 {
		add("turn.credentials.secrets", "none set; a random one is made at each start, and credentials end with the process")
	}
	if c.exposed != "" {
		add("turn.credentials.secrets", "every user of this host can read them; mend it with: chmod o= %s", c.exposed)
	}
	recommended := false
	for _, rule := range c.Turn.Peers.Deny {
		recommended = recommended || rule.Recommended
	}
	if !recommended {
		add("turn.peers.deny", `without "recommended" clients reach private networks through the relay`)
	}
	for _, rule := range c.Turn.Peers.Allow {
		if rule.Prefix.IsValid() && rule.Prefix.Bits() == 0 {
			add("turn.peers.allow", "%s undoes every refusal of a shorter or equal prefix", rule)
		}
	}
	for _, p := range c.Turn.ProxyProtocol {
		if p.Bits() == 0 {
			add("turn.proxy_protocol", "%s lets every client choose the address it is known by", p)
		}
	}
	for _, p := range c.HTTP.TrustedProxies {
		if p.Bits() == 0 {
			add("http.trusted_proxies", "%s lets every client choose the address it is known by", p)
		}
	}
	for _, l := range c.HTTP.Listen {
		if l.IsLoopback() {
			continue
		}
		if c.HTTP.Auth.Mode == "open" {
			add("http.auth.mode", "open: whoever reaches %s may call and use the relay", l)
		} else {
			add("http.auth.mode", "auto: signaling on %s answers 403 to all but this host; open lets everybody in", l)
		}
		if l.Scheme == "http" && len(c.HTTP.TrustedProxies) == 0 {
			add("http.listen", "%s is not encrypted, and browsers give it no camera; use https:// with tls.cert and tls.key", l)
		}
	}
	return w
}
