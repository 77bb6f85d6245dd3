package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"turnpike/config"
)

// lookAtConfiguration reads it as the daemon would.
func lookAtConfiguration(ctx context.Context, p *patient, n *notes) {
	name := p.file
	if name == "" {
		name = "the default configuration"
	}
	cfg, err := load(p.file)
	var wrong config.Errors
	switch {
	case errors.As(err, &wrong):
		for _, e := range wrong {
			n.bad("", "%s", e)
		}
		return
	case err != nil:
		n.bad("", "%s", err)
		return
	}
	quiet := slog.New(slog.DiscardHandler)
	secret := rand.Text()
	if _, err := authOptions(cfg, secret, quiet); err != nil {
		n.bad("", "%s: %s", name, err)
		return
	}
	if err := lookUp(ctx, cfg); err != nil {
		n.bad("getent hosts NAME   # and /etc/resolv.conf; or write the address", "%s: %s", name, err)
		return
	}
	if p.options, err = relayOptions(cfg, secret, quiet); err != nil {
		n.bad("", "%s: %s", name, err)
		return
	}
	if p.certificate, err = openCertificate(cfg.TLS, quiet); err != nil {
		n.bad("", "%s: %s", name, err)
		return
	}
	p.cfg, p.options.TLS = cfg, p.certificate.config()
	n.good("%s can be read and holds no mistake", name)
	for _, w := range cfg.Warnings(time.Now()) {
		if w.Key != "tls.cert" && w.Key != "http.auth.mode" { // which have checks of their own
			n.care("", "%s: %s", w.Key, w.Text)
		}
	}
}

// lookUp makes sure, within ctx, that names of the relay have an address: the
// daemon waits for as long as the resolver does.
func lookUp(ctx context.Context, cfg *config.Config) error {
	for i, a := range cfg.Turn.Relay.Addresses {
		if _, err := netip.ParseAddr(a.Public); err == nil {
			continue
		}
		if _, err := net.DefaultResolver.LookupNetIP(ctx, "ip", a.Public); err != nil {
			return fmt.Errorf("turn.relay.addresses[%d]: %w", i, err)
		}
	}
	return nil
}

// lookAtSignaling says who is let in, and so gets credentials for the relay.
func lookAtSignaling(_ context.Context, p *patient, n *notes) {
	var outward []string
	for _, l := range p.cfg.HTTP.Listen {
		if !l.IsLoopback() {
			outward = append(outward, l.String())
		}
	}
	mode := p.cfg.HTTP.Auth.Mode
	switch {
	case len(p.cfg.HTTP.Listen) == 0:
		n.good("there is no signaling (http.listen is empty)")
	case mode == "token":
		n.good("signaling lets in who has a token, an API key or an invitation (http.auth.mode: token)")
	case len(outward) == 0 && mode == "auto":
		n.good("signaling lets in this host alone")
	case len(outward) == 0:
		n.care("http: {auth: {mode: auto}}", "signaling lets in whoever a proxy on this host forwards (http.auth.mode: open)")
	case mode == "auto":
		n.care("http: {auth: {mode: token}}   # or open", "signaling on %s answers 403 to all but this host (http.auth.mode: auto)", outward[0])
	default:
		n.care("http: {auth: {mode: token}}", "whoever reaches %s may call and use the relay (http.auth.mode: open)", outward[0])
	}
}
