package turnserver

import (
	"cmp"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"time"

	"turnpike/turnserver/turn"
)

// Config is what a Server is told. Its zero values are the defaults that config/example.yml names, where that is possible at all.
type Config struct {
	Realm       string
	Listen      []Listener
	Relay       RelayConfig
	Family      string // "ipv4" (RFC 8656 §7.2) or "follow": what a client gets that asks for no family; empty is ipv4
	Channels    string // "rfc5766" or "rfc8656", whose range of numbers is narrower; empty is rfc5766
	TCPRelays   bool   // RFC 6062
	Mobility    bool   // RFC 8016
	Peers       PeerConfig
	Credentials CredentialConfig
	TLS         *tls.Config // the certificate; nil: no TLS. GetCertificate is also asked without a server name, and answers with the first one
	// ProxyProtocol are the senders that begin each stream with a PROXY protocol header (version 1 or 2), which nobody else may.
	ProxyProtocol []netip.Prefix
	URLs          []string         // what clients are told; empty: from the listeners and the public address
	Alternates    []netip.AddrPort // where clients are sent while draining or at capacity
	Discovery     DiscoveryConfig
	Limits        LimitConfig
	Shards        int    // 0: one per core
	DataPath      string // "auto", "batched" or "portable"; empty is auto, the best that works here
	Log           *slog.Logger
}

// PeerConfig says which peers may be relayed to. See turn.Policy.
type PeerConfig struct {
	Deny, Allow []string // "recommended", a prefix, or an address
	MinPort     int
	Mode        string // "internet", "signaled" or "relays"; empty is internet
}

// CredentialConfig has the secrets of time-limited credentials: the first signs, all verify; and users with passwords beside them.
type CredentialConfig struct {
	Secrets      []string
	TTL          time.Duration
	StrictExpiry bool
	MaxSession   time.Duration // 0 is no limit
	Users        map[string]string

	TokenServer string            // the name that third-party tokens (RFC 7635) are made for; empty is the realm
	TokenKeys   map[string][]byte // by their id: 16 bytes for A128GCM, 32 for A256GCM; none: no tokens
}

// DiscoveryConfig is for NAT behaviour discovery (RFC 5780): a second port on every UDP address, and a second address.
type DiscoveryConfig struct {
	Port    int          // 0: off
	Address RelayAddress // zero: none
}

// LimitConfig has no limit where it has 0.
type LimitConfig struct {
	AllocationsPerUser, AllocationsPerAddress, Allocations, PermissionsPerAllocation int

	Unauthenticated, UnauthenticatedBurst               int // answers a second to one address over UDP
	BandwidthPerAllocation, BandwidthPerUser, Bandwidth int // bytes a second each way
}

func (l LimitConfig) registry() turn.Limits {
	return turn.Limits{
		PerUser: l.AllocationsPerUser, PerAddress: l.AllocationsPerAddress, Total: l.Allocations,
		BandwidthPerAllocation: l.BandwidthPerAllocation, BandwidthPerUser: l.BandwidthPerUser, Bandwidth: l.Bandwidth,
		Unauthenticated: l.Unauthenticated, UnauthenticatedBurst: l.UnauthenticatedBurst,
	}
}

func (c CredentialConfig) credentials(realm string) (*turn.Credentials, error) {
	var secrets [][]byte
	for _, s := range c.Secrets {
		secrets = append(secrets, []byte(s))
	}
	var tokens *turn.Tokens
	if len(c.TokenKeys) > 0 {
		var err error
		if tokens, err = turn.NewTokens(cmp.Or(c.TokenServer, realm), c.TokenKeys); err != nil {
			return nil, fmt.Errorf("turn.credentials.tokens: %w", err)
		}
	}
	return turn.NewCredentials(turn.Credentials{Realm: realm, Secrets: secrets, TTL: c.TTL, Strict: c.StrictExpiry, Users: c.Users, Tokens: tokens}), nil
}

// modes and channels are what the words of the configuration stand for.
var (
	modes    = map[string]turn.PeerMode{"": turn.Internet, "internet": turn.Internet, "signaled": turn.Signaled, "relays": turn.Relays}
	channels = map[string]uint16{"": 0x7FFF, "rfc5766": 0x7FFF, "rfc8656": 0x4FFF}
	families = map[string]bool{"": false, "ipv4": false, "follow": true}
)

// word looks up a word of the configuration.
func word[T any](key, value string, meanings map[string]T) (T, error) {
	v, ok := meanings[value]
	if !ok {
		return v, fmt.Errorf("%s: %q is not a choice", key, value)
	}
	return v, nil
}

// prepare makes everything that has no socket of a client.
func (s *Server) prepare() (err error) {
	st, err := newSettings(s.cfg)
	if err != nil {
		return err
	}
	s.settings.Store(st)
	follow, err := word("turn.family", s.cfg.Family, families)
	if err != nil {
		return err
	}
	lastChannel, err := word("turn.channels", s.cfg.Channels, channels)
	if err != nil {
		return err
	}
	if err := s.prepareTLS(); err != nil {
		return err
	}
	if s.relays, err = openRelayPools(s.cfg.Relay); err != nil {
		return err
	}
	var public []netip.Addr
	for _, r := range s.relays {
		public = append(public, r.address.Public)
	}
	s.registry = turn.NewRegistry(st.limits, public, time.Now())
	s.registry.Exempt(s.selfTester)
	s.discovery = s.cfg.Discovery.discovery(s)

	core := turn.Config{
		Realm:          s.cfg.Realm,
		Credentials:    st.credentials,
		Policy:         s.policy(),
		Registry:       s.registry,
		IPv4:           s.pool(turn.IPv4) != nil,
		IPv6:           s.pool(turn.IPv6) != nil,
		FollowFamily:   follow,
		TCPRelays:      s.cfg.TCPRelays,
		Mobility:       s.cfg.Mobility,
		DontFragment:   dontFragment,
		Discovery:      s.discovery,
		MaxSession:     st.maxSession,
		MaxPermissions: st.maxPermissions,
		LastChannel:    lastChannel,
	}
	if _, err := rand.Read(core.NonceKey[:]); err != nil {
		return fmt.Errorf("random numbers: %w", err)
	}
	shards := s.cfg.shards()
	for i := range shards {
		sh := newShard(s, i, shards, core)
		sh.core.SetAlternates(st.alternates)
		s.shards = append(s.shards, sh)
	}
	return nil
}

func (c Config) shards() int {
	switch {
	case !reusePort:
		return 1
	case c.Shards > 0:
		return c.Shards
	}
	return runtime.GOMAXPROCS(0)
}
