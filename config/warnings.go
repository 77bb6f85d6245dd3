package config

import (
	"fmt"
	"slices"
	"time"
)

// Warning is something that is open or missing in a configuration that is
// otherwise sound.
type Warning struct {
	Key  string // the key that changes it
	Text string
}

// soon is how long before its end a certificate is warned of. What renews
// certificates by itself has done so by then.
const soon = 14 * 24 * time.Hour

// Warnings lists what the operator should know before strangers come.
func (c *Config) Warnings(now time.Time) []Warning {
	var w []Warning
	add := func(key, format string, args ...any) {
		w = append(w, Warning{key, fmt.Sprintf(format, args...)})
	}
	if cred := c.Turn.Credentials; len(cred.Secrets)+len(cred.SecretFiles) == 0 {
		add("turn.credentials.secrets", "none set; a random one is made at each start, and credentials that it signed end with the process")
	}
	if c.exposed != "" {
		add("turn.credentials", "every user of this host can read what is secret in it; mend it with: chmod o= %s", c.exposed)
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
	switch mode := c.Turn.Peers.Mode; {
	case mode == "relays" && len(c.Turn.Peers.Allow) > 0:
		add("turn.peers.allow", "without effect while turn.peers.mode is relays")
	case mode == "signaled" && len(c.HTTP.Listen) == 0:
		add("turn.peers.mode", "signaled, but http.listen is empty and so there is no signaling; only live relays are reached")
	}
	if c.Turn.TCPRelays && !slices.ContainsFunc(c.Turn.Listen, func(l Listener) bool { return !l.datagrams() }) {
		add("turn.tcp_relays", "without effect, since turn.listen has neither tcp:// nor tls://")
	}
	if c.STUN.AlternateAddress.Public != "" && !slices.ContainsFunc(c.Turn.Listen, func(l Listener) bool { return l.Scheme == "udp" }) {
		add("stun.alternate_address", "without effect, since turn.listen has no udp://")
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
		switch c.HTTP.Auth.Mode {
		case "open":
			add("http.auth.mode", "open: whoever reaches %s may call and use the relay", l)
		case "auto":
			add("http.auth.mode", "auto: signaling on %s answers 403 to all but this host; open lets everybody in, token who has one", l)
		}
		if l.Scheme == "http" && len(c.HTTP.TrustedProxies) == 0 {
			add("http.listen", "%s is not encrypted, and browsers give it no camera; use https:// with tls.cert and tls.key", l)
		}
	}
	if l := c.Admin.Listen; !l.None() && !l.IsLoopback() && l.Scheme == "http" {
		add("admin.listen", "%s is not encrypted, and whoever listens in learns the tokens; use https:// with tls.cert and tls.key", l)
	}
	if auth := c.HTTP.Auth; auth.Mode != "token" && (len(auth.Keys) > 0 || auth.JWKS.URL != "" || len(auth.APIKeys) > 0) {
		add("http.auth.mode", "%s: nobody needs a token; http.auth.mode token asks for one", auth.Mode)
	}
	if leaf := c.TLS.leaf; leaf != nil {
		const day = "2006-01-02"
		switch {
		case now.After(leaf.NotAfter):
			add("tls.cert", "%s has expired on %s; browsers refuse it", c.TLS.Cert, leaf.NotAfter.Format(day))
		case now.Before(leaf.NotBefore):
			add("tls.cert", "%s is not valid before %s; browsers refuse it", c.TLS.Cert, leaf.NotBefore.Format(day))
		case now.Add(soon).After(leaf.NotAfter):
			add("tls.cert", "%s expires on %s; renew it", c.TLS.Cert, leaf.NotAfter.Format(day))
		}
	}
	return w
}
