package signal

import (
	"context"
	"crypto/sha256"
	"strings"
	"sync"
	"time"
)

// introduce takes from a hello what the client may do and what it is called.
// A client that proves nothing where it should is closed.
func (s *session) introduce(f *frame, now time.Time) (proof, *problem) {
	ctx, cancel := context.WithTimeout(context.Background(), helloTimeout)
	defer cancel()
	authority := s.server.authority.Load()
	g, p := authority.admit(ctx, f.Token, f.Invite, now)
	if p != nil {
		if p.code != keysUnavailable {
			s.fail(f.ID, p)
			s.end(closeProof, p.message)
			p = nil
		}
		return proof{}, p
	}
	if s.user = g.user; s.user == "" {
		s.user = guest()
	}
	s.grant.Store(g)
	s.owner = nil
	if g.subject != "" {
		s.owner = s.server.users.get("sub "+g.subject, &s.server.limits.PerUser, now)
		if !s.owner.mayConnect(now) {
			return proof{}, &problem{tooManyCode, "too many sessions of this user; slow down"}
		}
		s.name = g.name
		return tokenProof(g.subject), nil
	}
	s.name, p = guestName(f, g, authority.knowsTokens())
	if p != nil || f.Key == "" {
		return proof{}, p
	}
	return proof{sum: sha256.Sum256([]byte(f.Key)), kept: true}, nil
}

// guestName is what a guest calls itself, or else what it was invited as. Where
// others have tokens it is marked.
func guestName(f *frame, g *grant, marked bool) (string, *problem) {
	name := g.name
	if f.Name != nil && *f.Name != "" {
		name = *f.Name
	} else if name == "" {
		return "", nil
	}
	name = strings.TrimSpace(name)
	if marked {
		name = strings.TrimSuffix(name, guestSuffix) + guestSuffix
	}
	if !printable(name, nameLimit) || name == guestSuffix {
		return "", &problem{badName, "a name has 1 to 64 characters, none of them control characters"}
	}
	return name, nil
}

// renew takes a fresh token of the same subject.
func (s *session) renew(f *frame, now time.Time) *problem {
	before := s.grant.Load()
	if before.subject == "" {
		return &problem{forbidden, "this session began without a token; connect again with it"}
	}
	ctx, cancel := context.WithTimeout(context.Background(), helloTimeout)
	defer cancel()
	g, p := s.server.authority.Load().verify(ctx, f.Token, now)
	if p != nil {
		return p
	}
	if g.subject != before.subject {
		return &problem{forbidden, "the token is somebody else's"}
	}
	s.grant.Store(g)
	s.expiry.set(g.expires, s.expire)
	ice := s.ice(now)
	s.send(renewedFrame{"renewed", f.ID, g.expires.Unix(), ice})
	if l := s.queue.holder(); l != nil {
		l.renewed(s, ice)
	}
	return nil
}

// ice is what the client is told now.
func (s *session) ice(now time.Time) ICE {
	return s.server.iceFor(s.grant.Load(), s.user, 0, now)
}

func (s *session) expire() {
	s.end(closeProof, "the token or invitation has expired")
	s.server.hub.leaveAll(s)
}

// expiry ends something at its time, unless that is put off. It is safe for
// concurrent use.
type expiry struct {
	mu    sync.Mutex // guards the following
	timer *time.Timer
	over  bool
}

// set has end called at that time, once; never if it is zero.
func (e *expiry) set(at time.Time, end func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.timer != nil {
		e.timer.Stop()
	}
	if !e.over && !at.IsZero() {
		e.timer = time.AfterFunc(time.Until(at), end)
	}
}

// stop is the last that is heard of it.
func (e *expiry) stop() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.over = true
	if e.timer != nil {
		e.timer.Stop()
	}
}
