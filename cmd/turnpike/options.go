package main

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	"turnpike/config"
	"turnpike/signal"
	"turnpike/turnserver"
)

// relayOptions translates the configuration for turnserver. Public names of the
// relay are looked up here.
func relayOptions(cfg *config.Config, log *slog.Logger) (turnserver.Config, error) {
	t := cfg.Turn
	options := turnserver.Config{
		Realm: cfg.Realm,
		Relay: turnserver.RelayConfig{MinPort: t.Relay.Ports.Min, MaxPort: t.Relay.Ports.Max},
		Peers: turnserver.PeerConfig{MinPort: t.Peers.MinPort},
		Credentials: turnserver.CredentialConfig{
			TTL:          time.Duration(t.Credentials.TTL),
			StrictExpiry: t.Credentials.Expiry == "strict",
		},
		Limits: turnserver.LimitConfig{
			AllocationsPerUser:       t.Limits.AllocationsPerUser,
			AllocationsPerAddress:    t.Limits.AllocationsPerAddress,
			Allocations:              t.Limits.Allocations,
			PermissionsPerAllocation: t.Limits.PermissionsPerAllocation,
		},
		Log: log,
	}
	for _, l := range t.Listen {
		options.Listen = append(options.Listen, turnserver.Listener{Network: l.Scheme, Host: l.Host, Port: l.Port})
	}
	for _, p := range t.ProxyProtocol {
		options.ProxyProtocol = append(options.ProxyProtocol, p.Prefix)
	}
	for i, a := range t.Relay.Addresses {
		address, err := turnserver.ParseRelayAddress(a.String())
		if err != nil {
			return options, fmt.Errorf("turn.relay.addresses[%d]: %w", i, err)
		}
		options.Relay.Addresses = append(options.Relay.Addresses, address)
	}
	for _, rule := range t.Peers.Deny {
		options.Peers.Deny = append(options.Peers.Deny, rule.String())
	}
	for _, rule := range t.Peers.Allow {
		options.Peers.Allow = append(options.Peers.Allow, rule.String())
	}
	for _, u := range t.URLs {
		options.URLs = append(options.URLs, string(u))
	}
	for _, s := range t.Credentials.All() {
		options.Credentials.Secrets = append(options.Credentials.Secrets, string(s))
	}
	if len(options.Credentials.Secrets) == 0 {
		options.Credentials.Secrets = []string{rand.Text()}
	}
	return options, nil
}

// signalOptions translates the configuration for signal.
func signalOptions(cfg *config.Config, relay *turnserver.Server, log *slog.Logger) signal.Config {
	options := signal.Config{
		ICE:  func(user string, now time.Time) signal.ICE { return iceServers(relay, user, now) },
		Open: cfg.HTTP.Auth.Mode == "open",
		Log:  log,
	}
	for _, o := range cfg.HTTP.Origins {
		options.Origins = append(options.Origins, string(o))
	}
	options.TrustedProxies = []netip.Prefix{}
	for _, p := range cfg.HTTP.TrustedProxies {
		options.TrustedProxies = append(options.TrustedProxies, p.Prefix)
	}
	return options
}

// iceServers is what a client is told. A turn: URL over UDP serves as stun: too.
func iceServers(relay *turnserver.Server, user string, now time.Time) signal.ICE {
	name, password, expires := relay.Credentials(user, now)
	return newICE(relay.URLs(), name, password, expires, now)
}

// maxURLs is how many TURN servers a browser uses without slowing down.
const maxURLs = 4

func newICE(urls []string, name, password string, expires, now time.Time) signal.ICE {
	return signal.ICE{
		ICEServers: []signal.ICEServer{{URLs: urls[:min(len(urls), maxURLs)], Username: name, Credential: password}},
		TTL:        expires.Unix() - now.Unix(),
		ExpiresAt:  expires.Unix(),
	}
}
