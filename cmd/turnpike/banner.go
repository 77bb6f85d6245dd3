package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"turnpike/config"
	"turnpike/turnserver"
)

// banner says what a start amounts to. The self-test fills in its lines last,
// so that all that is known at once is seen at once.
func banner(ctx context.Context, cfg *config.Config, relay *turnserver.Server, health *health, out *styled) {
	fmt.Fprintf(out, "%s\n\n", out.bold(version()))
	page := pageURL(cfg, relay, health.certificate)
	rows(out, "page", pageURLs(cfg))
	turn, stun := byPurpose(cfg, relay.Addrs())
	rows(out, "turn", byAddress(turn))
	rows(out, "stun", stun)
	rows(out, "relay", relays(cfg, relay))
	name, why := relay.DataPath()
	rows(out, "data path", []string{name + ", " + why})
	if !cfg.Admin.Listen.None() {
		rows(out, "admin", []string{cfg.Admin.Listen.String()})
	}
	rows(out, "refuses", refusals(cfg))
	results, warning := selfTestRows(ctx, health.tester, out)
	rows(out, "self-test", results)
	warnings := cfg.Warnings(time.Now())
	for _, found := range []*config.Warning{warning, lonely(cfg, relay.Relays())} {
		if found != nil {
			warnings = append(warnings, *found)
		}
	}
	if len(warnings) > 0 {
		fmt.Fprintln(out)
	}
	for _, w := range warnings {
		fmt.Fprintf(out, "%s %s: %s\n", out.yellow("care"), w.Key, w.Text)
	}
	if page != "" && ctx.Err() == nil {
		fmt.Fprintf(out, "\nOpen %s in two windows. Ctrl-C stops.\n", out.bold(page))
	}
}

// rows prints a label once and the lines beside it.
func rows(out *styled, label string, lines []string) {
	for i, line := range lines {
		if i > 0 {
			label = ""
		}
		fmt.Fprintf(out, "%s %s\n", out.dim(fmt.Sprintf("%-10s", label)), line)
	}
}

// selfTestRows waits for the first self-test.
func selfTestRows(ctx context.Context, tester *selfTester, out *styled) (lines []string, care *config.Warning) {
	select {
	case <-tester.first:
	case <-ctx.Done():
	}
	test := tester.last()
	if test.At.IsZero() {
		return nil, nil // we are going away
	}
	for _, r := range test.Results {
		if r.Good {
			lines = append(lines, fmt.Sprintf("%s %s, %.1f ms", r.URL, out.green("good"), r.RTT))
		} else {
			lines = append(lines, fmt.Sprintf("%s %s: %s", r.URL, out.yellow("failed"), r.Error))
		}
	}
	if len(lines) == 0 {
		lines = append(lines, fmt.Sprintf("%s: %s", out.yellow("failed"), test.Error))
	}
	if test.Good {
		return lines, nil
	}
	return lines, &config.Warning{
		Key:  "turn.relay.addresses",
		Text: "the relay does not reach itself, so calls may fail; set it to an address of this host, and look at the firewall",
	}
}

// byPurpose takes out the listeners that are there for STUN alone.
func byPurpose(cfg *config.Config, urls []string) (turn, stun []string) {
	alternate := fmt.Sprintf(":%d", cfg.STUN.AlternatePort)
	for _, u := range urls {
		if strings.HasPrefix(u, "udp://") && strings.HasSuffix(u, alternate) {
			stun = append(stun, u)
		} else {
			turn = append(turn, u)
		}
	}
	return turn, stun
}

// lonely warns of a second address for NAT tests that has no first one.
func lonely(cfg *config.Config, relays []turnserver.RelayAddress) *config.Warning {
	second := cfg.STUN.AlternateAddress
	if second.Public == "" {
		return nil
	}
	address, err := turnserver.ParseRelayAddress(second.String())
	for _, first := range relays {
		if err == nil && first.Local.Is4() == address.Local.Is4() && first.Local != address.Local {
			return nil
		}
	}
	return &config.Warning{
		Key:  "stun.alternate_address",
		Text: second.String() + " has no other address of its family beside it; set that one in turn.relay.addresses",
	}
}

// byAddress puts the transports of one address on one line.
func byAddress(urls []string) (lines []string) {
	at := map[string]int{}
	for _, u := range urls {
		_, address, _ := strings.Cut(u, "://")
		if i, seen := at[address]; seen {
			lines[i] += "  " + u
			continue
		}
		at[address] = len(lines)
		lines = append(lines, u)
	}
	return lines
}

func relays(cfg *config.Config, relay *turnserver.Server) (lines []string) {
	for _, a := range relay.Relays() {
		line := a.Public.String()
		if a.Local.IsValid() && a.Local != a.Public {
			line += " (here " + a.Local.String() + ")"
		}
		lines = append(lines, fmt.Sprintf("%s, UDP ports %s", line, cfg.Turn.Relay.Ports))
	}
	if len(lines) == 0 {
		lines = append(lines, "no address yet; relaying begins when this host has one")
	}
	return lines
}

// refusals says in words whom the daemon turns away.
func refusals(cfg *config.Config) (lines []string) {
	switch cfg.Turn.Peers.Mode {
	case "relays":
		lines = append(lines, "peers: all but relays of this service (turn.peers.mode)")
	case "signaled":
		lines = append(lines, "peers: all that were not met in a room or a call (turn.peers.mode)")
	}
	var denied []string
	for _, rule := range cfg.Turn.Peers.Deny {
		if rule.Recommended {
			denied = append(denied, "private, loopback, link-local, reserved")
		} else {
			denied = append(denied, rule.String())
		}
	}
	if len(denied) > 0 && cfg.Turn.Peers.Mode != "relays" {
		line := "peers: " + strings.Join(denied, ", ")
		if n := len(cfg.Turn.Peers.Allow); n > 0 {
			line += ", but for " + join(cfg.Turn.Peers.Allow)
		}
		lines = append(lines, line)
	}
	if p := cfg.Turn.Peers.MinPort; p > 0 {
		lines = append(lines, fmt.Sprintf("peer ports: below %d, but for 443", p))
	}
	switch cfg.HTTP.Auth.Mode {
	case "auto":
		lines = append(lines, "signaling: from other hosts (http.auth.mode)")
	case "token":
		lines = append(lines, "signaling: without token, API key or invitation")
	}
	return lines
}

func join[T fmt.Stringer](list []T) string {
	var words []string
	for _, v := range list {
		words = append(words, v.String())
	}
	return strings.Join(words, ", ")
}

func pageURLs(cfg *config.Config) (urls []string) {
	for _, l := range cfg.HTTP.Listen {
		urls = append(urls, l.String())
	}
	return urls
}

// pageURL is what to type into a browser: the first listener, under a name of
// the certificate where it listens on every address.
func pageURL(cfg *config.Config, relay *turnserver.Server, cert *certificate) string {
	if len(cfg.HTTP.Listen) == 0 {
		return ""
	}
	l := cfg.HTTP.Listen[0]
	if l.Scheme == "https" {
		if name := cert.name(); name != "" {
			l.Host = name
		}
	}
	if l.Host == "" {
		l.Host = "localhost"
		if r := relay.Relays(); len(r) > 0 && l.Scheme == "https" {
			l.Host = r[0].Public.String()
		}
	}
	if l.Scheme == "http" && l.Port == 80 || l.Scheme == "https" && l.Port == 443 {
		return l.Scheme + "://" + bracketed(l.Host)
	}
	return l.Scheme + "://" + net.JoinHostPort(l.Host, fmt.Sprint(l.Port))
}

func bracketed(host string) string {
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is6() {
		return "[" + host + "]"
	}
	return host
}
