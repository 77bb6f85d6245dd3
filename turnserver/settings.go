package turnserver

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"turnpike/turnserver/turn"
)

// settings are what Update may replace while the server runs. They are never changed, only exchanged as a whole.
type settings struct {
	credentials    *turn.Credentials
	signs          bool // there is a secret
	deny, allow    []netip.Prefix
	dynamic        bool // the deny list also has this host's own networks
	mode           turn.PeerMode
	minPort        uint16
	limits         turn.Limits
	maxPermissions int
	maxSession     time.Duration
	alternates     []netip.AddrPort
	urls           []string
}

func newSettings(cfg Config) (*settings, error) {
	c := cfg.Credentials
	if len(c.Secrets) == 0 && len(c.Users) == 0 && len(c.TokenKeys) == 0 {
		return nil, errors.New("turn: no secret and no user: the relay would be open to everybody")
	}
	credentials, err := c.credentials(cfg.Realm)
	if err != nil {
		return nil, err
	}
	st := &settings{
		credentials:    credentials,
		signs:          len(c.Secrets) > 0,
		minPort:        uint16(cfg.Peers.MinPort),
		limits:         cfg.Limits.registry(),
		maxPermissions: cfg.Limits.PermissionsPerAllocation,
		maxSession:     c.MaxSession,
		alternates:     cfg.Alternates,
		urls:           slices.Clone(cfg.URLs),
	}
	if st.deny, st.dynamic, err = parsePrefixes(cfg.Peers.Deny); err != nil {
		return nil, fmt.Errorf("turn.peers.deny: %w", err)
	}
	if st.allow, _, err = parsePrefixes(cfg.Peers.Allow); err != nil {
		return nil, fmt.Errorf("turn.peers.allow: %w", err)
	}
	if st.mode, err = word("turn.peers.mode", cfg.Peers.Mode, modes); err != nil {
		return nil, err
	}
	return st, nil
}

// Update takes over what of cfg may change while the server runs: credentials, peers, limits, alternate servers and the URLs that are handed out. No call
// is disturbed: an allocation keeps the key that it was made with, and what is over a new limit stays. An error changes nothing.
func (s *Server) Update(cfg Config) error {
	st, err := newSettings(cfg)
	if err != nil {
		return err
	}
	s.settings.Store(st)
	s.registry.SetLimits(st.limits)
	s.applyPolicy()
	for _, sh := range s.shards {
		sh.event(func() []turn.Effect {
			sh.core.SetCredentials(st.credentials)
			sh.core.SetAlternates(st.alternates)
			sh.core.SetLimits(st.maxPermissions, st.maxSession)
			return nil
		})
	}
	return nil
}
