package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"turnpike/config"
	"turnpike/signal"
	"turnpike/signal/peerjs"
	"turnpike/turnserver"
)

// relayOptions translates the configuration for turnserver. Public names of the
// relay are looked up here. The secret signs where none is configured.
func relayOptions(cfg *config.Config, secret string, log *slog.Logger) (turnserver.Config, error) {
	t := cfg.Turn
	options := turnserver.Config{
		Realm:     cfg.Realm,
		Relay:     turnserver.RelayConfig{MinPort: t.Relay.Ports.Min, MaxPort: t.Relay.Ports.Max},
		Family:    string(t.Family),
		Channels:  string(t.Channels),
		TCPRelays: t.TCPRelays,
		Mobility:  t.Mobility,
		DataPath:  string(t.DataPath),
		Peers:     turnserver.PeerConfig{MinPort: t.Peers.MinPort, Mode: string(t.Peers.Mode)},
		Credentials: turnserver.CredentialConfig{
			TTL:          time.Duration(t.Credentials.TTL),
			StrictExpiry: t.Credentials.Expiry == "strict",
			MaxSession:   time.Duration(t.Credentials.MaxSession),
			Users:        make(map[string]string, len(t.Credentials.Users)),
		},
		Discovery: turnserver.DiscoveryConfig{Port: cfg.STUN.AlternatePort},
		Limits: turnserver.LimitConfig{
			AllocationsPerUser:       t.Limits.AllocationsPerUser,
			AllocationsPerAddress:    t.Limits.AllocationsPerAddress,
			Allocations:              t.Limits.Allocations,
			PermissionsPerAllocation: t.Limits.PermissionsPerAllocation,

			Unauthenticated:        int(t.Limits.UnauthenticatedPerAddress),
			UnauthenticatedBurst:   int(t.Limits.UnauthenticatedPerAddress) * burst,
			BandwidthPerAllocation: int(t.Limits.BandwidthPerAllocation),
			BandwidthPerUser:       int(t.Limits.BandwidthPerUser),
			Bandwidth:              int(t.Limits.Bandwidth),
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
	if a := cfg.STUN.AlternateAddress; a.Public != "" {
		address, err := turnserver.ParseRelayAddress(a.String())
		if err != nil {
			return options, fmt.Errorf("stun.alternate_address: %w", err)
		}
		options.Discovery.Address = address
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
	for name, password := range t.Credentials.Users {
		options.Credentials.Users[name] = string(password)
	}
	options.Credentials.TokenServer = t.Credentials.Tokens.Server
	for id := range t.Credentials.Tokens.Keys {
		key, err := t.Credentials.Tokens.Material(id)
		if err != nil {
			return options, fmt.Errorf("turn.credentials.tokens.keys.%s: %w", id, err)
		}
		if options.Credentials.TokenKeys == nil {
			options.Credentials.TokenKeys = make(map[string][]byte)
		}
		options.Credentials.TokenKeys[id] = key
	}
	if len(options.Credentials.Secrets) == 0 {
		options.Credentials.Secrets = []string{secret}
	}
	return options, nil
}

// burst is how many seconds of a rate may be used at once.
const burst = 10

// lookupTime bounds the looking up of all alternate servers.
const lookupTime = 10 * time.Second

// alternateServers looks up where clients are sent when there is no room.
func alternateServers(ctx context.Context, cfg *config.Config) (list []netip.AddrPort, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	for i, server := range cfg.Turn.AlternateServers {
		addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", server.Host)
		if err != nil {
			return nil, fmt.Errorf("turn.alternate_servers[%d]: %w", i, err)
		}
		for _, a := range addrs {
			list = append(list, netip.AddrPortFrom(a.Unmap(), uint16(server.Port)))
		}
	}
	return list, nil
}

// signalOptions translates the configuration for signal.
func signalOptions(cfg *config.Config, relay *turnserver.Server, auth signal.Auth, log *slog.Logger) signal.Config {
	options := signal.Config{
		ICE: func(user string, now time.Time) signal.ICE { return iceServers(relay, user, 0, now) },
		ICEFor: func(user string, ttl time.Duration, now time.Time) signal.ICE {
			return iceServers(relay, user, ttl, now)
		},
		Auth:   auth,
		Open:   cfg.HTTP.Auth.Mode == "open",
		Met:    relay.Meet,
		Parted: relay.Part,
		Quota:  relay.SetQuota,
		Test: func(user string, ttl time.Duration, now time.Time) (signal.ICE, []string) {
			return iceServers(relay, user, ttl, now), relay.DiscoveryURLs()
		},
		Watch: watcher(relay),
		Log:   log,
	}
	for _, o := range cfg.HTTP.Origins {
		options.Origins = append(options.Origins, string(o))
	}
	options.TrustedProxies = trustedProxies(cfg)
	return options
}

func trustedProxies(cfg *config.Config) []netip.Prefix {
	list := []netip.Prefix{}
	for _, p := range cfg.HTTP.TrustedProxies {
		list = append(list, p.Prefix)
	}
	return list
}

// peerOptions translates the configuration for signal/peerjs.
func peerOptions(cfg *config.Config, door *signal.Server, log *slog.Logger) peerjs.Config {
	p := cfg.HTTP.PeerJS
	return peerjs.Config{Door: door, Key: p.Key, Discovery: p.Discovery, Hold: time.Duration(p.Hold), Log: log}
}

// iceServers is what a client is told, with credentials for as long as ttl, or as
// the relay has it if that is 0. A turn: URL over UDP serves as stun: too.
func iceServers(relay *turnserver.Server, user string, ttl time.Duration, now time.Time) signal.ICE {
	name, password, expires := relay.CredentialsFor(user, ttl, now)
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
