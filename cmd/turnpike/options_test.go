package main

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"turnpike/config"
	"turnpike/signal"
	"turnpike/turnserver"
)

func TestEveryKeyReachesItsPackage(t *testing.T) {
	cfg, err := config.Parse([]byte(`
realm: example.org
turn:
  listen: ["udp://192.0.2.1:5000", "tcp://:5001"]
  urls: ["turn:turn.example.org"]
  relay: {addresses: ["203.0.113.7=10.0.0.5", "2001:db8::7"], ports: 50000-50010}
  peers: {deny: [recommended, 198.51.100.0/24], allow: [10.1.0.0/16], min_port: 53, mode: signaled}
  credentials:
    secrets: [q7Zp0vX2mK9sLd4RtYw8Bn3J, m3Vt8sQx1LzR6kWc0PyB5hDf]
    ttl: 1h
    expiry: strict
    max_session: 2h
    users: {alice: g8Rw2hTz5LxV0nQc7MsK4pJd}
    tokens: {server: turn.example.org, keys: {k1: "AAECAwQFBgcICQoLDA0ODw=="}}
  limits:
    allocations_per_user: 1
    allocations_per_address: 2
    allocations: 3
    permissions_per_allocation: 4
    unauthenticated_per_address: 5/s
    bandwidth_per_allocation: 6k
    bandwidth_per_user: 7M
    bandwidth: 1G
  family: follow
  channels: rfc8656
  tcp_relays: true
  mobility: true
  datapath: portable
stun: {alternate_port: 4000, alternate_address: "203.0.113.7=10.0.0.5"}
http:
  origins: ["https://app.example.org"]
  trusted_proxies: [10.0.0.1]
  auth: {mode: open}
`))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	got, err := relayOptions(cfg, rand.Text(), log)
	if err != nil {
		t.Fatal(err)
	}
	mapped, err := turnserver.ParseRelayAddress("203.0.113.7=10.0.0.5")
	if err != nil {
		t.Fatal(err)
	}
	plain, err := turnserver.ParseRelayAddress("2001:db8::7")
	if err != nil {
		t.Fatal(err)
	}
	want := turnserver.Config{
		Realm:  "example.org",
		Listen: []turnserver.Listener{{Network: "udp", Host: "192.0.2.1", Port: 5000}, {Network: "tcp", Port: 5001}},
		URLs:   []string{"turn:turn.example.org"},
		Relay:  turnserver.RelayConfig{Addresses: []turnserver.RelayAddress{mapped, plain}, MinPort: 50000, MaxPort: 50010},
		Peers:  turnserver.PeerConfig{Deny: []string{"recommended", "198.51.100.0/24"}, Allow: []string{"10.1.0.0/16"}, MinPort: 53, Mode: "signaled"},
		Credentials: turnserver.CredentialConfig{
			Secrets: []string{"q7Zp0vX2mK9sLd4RtYw8Bn3J", "m3Vt8sQx1LzR6kWc0PyB5hDf"}, TTL: time.Hour, StrictExpiry: true,
			MaxSession: 2 * time.Hour, Users: map[string]string{"alice": "g8Rw2hTz5LxV0nQc7MsK4pJd"},
			TokenServer: "turn.example.org", TokenKeys: map[string][]byte{"k1": {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}},
		},
		Limits: turnserver.LimitConfig{
			AllocationsPerUser: 1, AllocationsPerAddress: 2, Allocations: 3, PermissionsPerAllocation: 4,
			Unauthenticated: 5, UnauthenticatedBurst: 50,
			BandwidthPerAllocation: 6000, BandwidthPerUser: 7_000_000, Bandwidth: 1_000_000_000,
		},
		Family: "follow", Channels: "rfc8656", TCPRelays: true, Mobility: true, DataPath: "portable",
		Discovery: turnserver.DiscoveryConfig{Port: 4000, Address: mapped},
		Log:       log,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("relay is told\n%+v\nwant\n%+v", got, want)
	}

	told := signalOptions(cfg, nil, signal.Auth{}, log)
	if !told.Open || told.Origins[0] != "https://app.example.org" || told.TrustedProxies[0].String() != "10.0.0.1/32" {
		t.Errorf("signal is told %+v", told)
	}
}

func TestWhoTestsIsHandedCredentialsAndURLsOfHisOwn(t *testing.T) {
	cfg, err := config.Parse([]byte("turn: {relay: {addresses: [127.0.0.1]}, listen: [\"udp://127.0.0.1:3478\"]}"))
	if err != nil {
		t.Fatal(err)
	}
	options, err := relayOptions(cfg, rand.Text(), nil)
	if err != nil {
		t.Fatal(err)
	}
	relay, err := turnserver.Plan(options)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	ice, discovery := signalOptions(cfg, relay, signal.Auth{}, nil).Test("test-x", time.Minute, now)
	if ice.TTL != 60 || !strings.HasSuffix(ice.ICEServers[0].Username, ":test-x") {
		t.Errorf("credentials are %+v", ice)
	}
	if !slices.Contains(discovery, "stun:127.0.0.1:3478") {
		t.Errorf("URLs are %v", discovery)
	}
}

func TestWithoutASecretARandomOneIsMade(t *testing.T) {
	var made [2]string
	for i := range made {
		options, err := relayOptions(config.Default(), rand.Text(), nil)
		if err != nil {
			t.Fatal(err)
		}
		made[i] = options.Credentials.Secrets[0]
	}
	if made[0] == made[1] || len(made[0]) < 22 {
		t.Errorf("secrets are %q", made)
	}
}

func TestBrowsersAreToldFourURLsAtMost(t *testing.T) {
	now := time.Unix(1700000000, 5e8)
	got := newICE([]string{"a", "b", "c", "d", "e"}, "name", "password", time.Unix(1700003600, 0), now)
	want := signal.ICE{
		ICEServers: []signal.ICEServer{{URLs: []string{"a", "b", "c", "d"}, Username: "name", Credential: "password"}},
		TTL:        3600, ExpiresAt: 1700003600,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}

// The random secret is for our own page, so users do not replace it.
func TestBesideUsersARandomSecretIsMadeToo(t *testing.T) {
	cfg := config.Default()
	cfg.Turn.Credentials.Users = map[string]config.Secret{"alice": "g8Rw2hTz5LxV0nQc7MsK4pJd"}
	options, err := relayOptions(cfg, rand.Text(), nil)
	if err != nil || len(options.Credentials.Secrets) != 1 || len(options.Credentials.Users) != 1 {
		t.Errorf("%d secrets, %d users, %v", len(options.Credentials.Secrets), len(options.Credentials.Users), err)
	}
}

func TestAlternateServersAreLookedUp(t *testing.T) {
	cfg := config.Default()
	for server, want := range map[string]string{
		"203.0.113.8:5000":    "[203.0.113.8:5000] <nil>",
		"[2001:db8::8]:3478":  "[[2001:db8::8]:3478] <nil>",
		"nobody.invalid:3478": "[] turn.alternate_servers[0]: lookup nobody.invalid",
	} {
		cfg.Turn.AlternateServers = make([]config.HostPort, 1)
		if err := cfg.Turn.AlternateServers[0].UnmarshalText([]byte(server)); err != nil {
			t.Fatal(err)
		}
		list, err := alternateServers(t.Context(), cfg)
		if got := fmt.Sprint(list, " ", err); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", server, got, want)
		}
	}
}
