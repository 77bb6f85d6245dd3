package signal

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Auth is what proves who somebody is: tokens (RFC 7519) for people, API keys
// for servers, and invitations for guests.
type Auth struct {
	// Required asks everybody for a proof, wherever they come from; Config.Open is
	// then without effect. Without it tokens and invitations are honoured where
	// they are shown.
	Required bool

	// Keys verify tokens, each by its own algorithm. At most 32.
	Keys []Key

	// JWKS is where further keys are published, nil for nowhere.
	JWKS *JWKS

	// Audience has to be among those of a token (aud). Empty: any, or none.
	Audience string

	// APIKeys let servers in, as HashAPIKey writes them. At most 64.
	APIKeys []string

	// InvitationSecrets sign invitations: the first signs, all verify. Without one
	// there are no invitations.
	InvitationSecrets []string
}

// authority is an Auth at work. It does not change; what it refers to has locks
// of its own.
type authority struct {
	required    bool
	keys        []Key
	jwks        *keySet // nil: none
	audience    string
	apiKeys     apiKeys
	invitations invitations
}

const (
	maxKeys    = 32
	maxAPIKeys = 64
)

func newAuthority(cfg Auth) (*authority, error) {
	if len(cfg.Keys) > maxKeys {
		return nil, fmt.Errorf("%d keys, at most %d can be tried", len(cfg.Keys), maxKeys)
	}
	a := &authority{
		required:    cfg.Required,
		keys:        cfg.Keys,
		audience:    cfg.Audience,
		invitations: newInvitations(cfg.InvitationSecrets),
	}
	for i, key := range cfg.Keys {
		if key.material == nil {
			return nil, fmt.Errorf("key %d is empty", i)
		}
	}
	var err error
	if a.apiKeys, err = parseAPIKeys(cfg.APIKeys); err != nil {
		return nil, err
	}
	if cfg.JWKS != nil {
		if a.jwks, err = newKeySet(*cfg.JWKS); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// SetAuth takes over other keys and secrets for whoever comes from now on;
// Required stays what it was. Those who are connected stay, until what they came
// with expires.
func (s *Server) SetAuth(cfg Auth) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	old := s.authority.Load()
	cfg.Required = old.required
	a, err := newAuthority(cfg)
	if err != nil {
		return fmt.Errorf("signal: %w", err)
	}
	if s.closed {
		a.close()
		return nil
	}
	s.authority.Store(a)
	old.close()
	return nil
}

// knowsTokens tells whether there are people who are no guests.
func (a *authority) knowsTokens() bool { return len(a.keys) > 0 || a.jwks != nil }

// close ends what newAuthority began.
func (a *authority) close() {
	if a.jwks != nil {
		a.jwks.close()
	}
}

// grant is what somebody may do. It does not change.
type grant struct {
	subject     string        // of the token; empty for guests
	name        string        // to be known by; empty: the subject
	user        string        // of the relay; empty: a guest's
	guest       bool          // came with an invitation
	room        string        // the only one, for a guest
	rooms       patterns      // nil: every room
	noRelay     bool          // gets no ICE servers
	ttl         time.Duration // of credentials at most; 0: as configured
	sessions    int           // of the same person at once
	allocations int           // of the relay at once; 0: as configured
	expires     time.Time     // when the session ends; zero: never
	moderator   bool          // may moderate the rooms that it may join
	inviter     bool          // may make invitations for the rooms that it may join
}

// anybody is the grant of open mode. What a token adds to it is a name of its
// own.
var anybody = grant{sessions: namesakes}

// patterns are names of rooms; one that ends in * stands for all that begin so.
type patterns []string

func (p patterns) match(room string) bool {
	for _, pattern := range p {
		prefix, open := strings.CutSuffix(pattern, "*")
		if room == pattern || open && strings.HasPrefix(room, prefix) {
			return true
		}
	}
	return false
}

func (g *grant) mayJoin(room string) *problem {
	switch {
	case g.guest && g.room != room:
		return &problem{forbidden, "the invitation is for another room"}
	case g.guest, g.rooms == nil, g.rooms.match(room):
		return nil
	}
	return &problem{forbidden, "the token does not allow this room"}
}

// mayCall is about calls by name, which guests that were invited to a room
// have no part in.
func (g *grant) mayCall() *problem {
	if g.guest {
		return &problem{forbidden, "the invitation is for a room, not for calls by name"}
	}
	return nil
}

// mayInvite tells whether the holder may ask others into the room.
func (g *grant) mayInvite(room string) *problem {
	if !g.inviter {
		return &problem{forbidden, "the token does not allow invitations"}
	}
	return g.mayJoin(room)
}

// iceFor is what a user with this grant is told.
func (s *Server) iceFor(g *grant, user string, ttl time.Duration, now time.Time) ICE {
	if g.noRelay {
		return ICE{ICEServers: []ICEServer{}}
	}
	ice := s.ice(user, g.life(ttl, now), now)
	if g.subject != "" {
		s.limit(user, g, ice)
	}
	return ice
}

// limit tells the relay how much a user may have, for as long as the token and the
// credentials last. Of several tokens the newest counts.
func (s *Server) limit(user string, g *grant, ice ICE) {
	if s.quota == nil {
		return
	}
	until := g.expires
	if end := time.Unix(ice.ExpiresAt, 0); end.After(until) {
		until = end
	}
	s.quota(user, g.allocations, until)
}

// life is how long credentials may be good for where so long is asked for; 0 is as
// long as configured.
func (g *grant) life(ttl time.Duration, now time.Time) time.Duration {
	if g.ttl > 0 && (ttl == 0 || g.ttl < ttl) {
		ttl = g.ttl
	}
	if g.guest {
		if left := g.expires.Sub(now); ttl == 0 || left < ttl {
			ttl = max(left, minCredentialTTL)
		}
	}
	return ttl
}

// minCredentialTTL is how long credentials are good for at least: who gets them
// has to use them first.
const minCredentialTTL = 10 * time.Second

// bearer returns what an Authorization header carries: a token or an API key.
// Basic is for clients that know nothing else, with the key as password.
func bearer(r *http.Request) string {
	lines := r.Header.Values("Authorization")
	if len(lines) != 1 {
		return ""
	}
	if _, password, ok := r.BasicAuth(); ok {
		return password
	}
	scheme, text, _ := strings.Cut(lines[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(text)
}

// admit is what hello shows: a token, an invitation, or neither.
func (a *authority) admit(ctx context.Context, token, invitation string, now time.Time) (*grant, *problem) {
	switch {
	case token != "":
		return a.verify(ctx, token, now)
	case invitation != "":
		return a.invitations.verify(invitation, now)
	case a.required:
		return nil, &problem{unauthorized, "a token or an invitation is needed"}
	}
	return &anybody, nil
}
