package turnserver

import (
	"net/netip"
	"time"

	"turnpike/turnserver/turn"
)

// Credentials returns a name and password for user, in the form that every TURN client takes. Without a secret there are none.
func (s *Server) Credentials(user string, now time.Time) (username, password string, expires time.Time) {
	return s.CredentialsFor(user, 0, now)
}

// CredentialsFor is Credentials for a shorter time than the TTL, or for that if ttl is 0.
func (s *Server) CredentialsFor(user string, ttl time.Duration, now time.Time) (username, password string, expires time.Time) {
	st := s.settings.Load()
	if !st.signs {
		return "", "", now
	}
	return st.credentials.Sign(user, min(ttl, st.credentials.TTL), now)
}

// Meet tells that two people share a room or a call in signaling: user may now reach the address that a session of other came from, and those
// of other's allocations. It matters only to the peer mode "signaled". Part takes one Meet back.
func (s *Server) Meet(user, other string, session netip.Addr) { s.registry.Meet(user, other, session) }

// Part takes one Meet back.
func (s *Server) Part(user, other string, session netip.Addr) { s.registry.Part(user, other, session) }

// Revoke ends every session of the user, refuses every credential handed out to him so far, and tells how many sessions there were. A user with a
// password of his own may come back.
func (s *Server) Revoke(user string) (ended int) {
	now := time.Now()
	s.registry.Revoke(user, s.settings.Load().credentials.TTL, now)
	for _, sh := range s.shards {
		sh.event(func() []turn.Effect {
			before := sh.core.Allocations()
			effects := sh.core.Disconnect(now, user)
			ended += before - sh.core.Allocations()
			return effects
		})
	}
	return ended
}

// SetQuota lets the user have so many allocations at once until then, in place of Limits.AllocationsPerUser; 0 takes that back. What there is already stays,
// and of more than 65,536 users some keep the limit of everybody.
func (s *Server) SetQuota(user string, allocations int, until time.Time) {
	s.registry.SetQuota(user, allocations, until, time.Now())
}

// SetDraining stops new allocations, or lets them in again; what lives goes on.
func (s *Server) SetDraining(yes bool) {
	for _, sh := range s.shards {
		sh.event(func() []turn.Effect { sh.core.SetDraining(yes); return nil })
	}
}
