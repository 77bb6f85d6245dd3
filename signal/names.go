package signal

import (
	"crypto/subtle"
	"time"
)

// proof is what a name belongs to: the hash of a key that only its owner
// knows. The zero proof is that of who gave no key, and matches nobody's.
type proof struct {
	sum  [32]byte
	kept bool
}

func (p proof) matches(other proof) bool {
	return subtle.ConstantTimeCompare(p.sum[:], other.sum[:]) == 1 && p.kept && other.kept
}

// person is a name and who has it.
type person struct {
	name     string
	proof    proof
	sessions []*session
	until    time.Time // the name is kept; when sessions is empty
}

// names are guarded by hub.mu. A name is kept for nameReserve after its last
// session, so that nobody else takes it while its owner reconnects. At most
// limit names are kept so; beyond that they are free at once.
type names struct {
	limit  int
	people map[string]*person
	kept   int
	swept  time.Time
}

func newNames(limit int) names {
	return names{limit: limit, people: make(map[string]*person)}
}

// claim gives the session the name it asks for.
func (n *names) claim(s *session, p proof) *problem {
	if s.name == "" {
		return nil
	}
	owner := n.people[s.name]
	if owner != nil && len(owner.sessions) == 0 && time.Now().After(owner.until) {
		n.forget(owner)
		owner = nil
	}
	switch {
	case owner == nil:
		owner = &person{name: s.name, proof: p}
		n.people[s.name] = owner
	case !owner.proof.matches(p):
		return &problem{nameTaken, "the name " + s.name + " belongs to somebody else; choose another"}
	case len(owner.sessions) >= s.grant.Load().sessions:
		return &problem{tooManyCode, "too many devices have the name " + s.name + "; close another first"}
	case len(owner.sessions) == 0:
		n.kept--
	}
	owner.sessions = append(owner.sessions, s)
	s.person = owner
	return nil
}

// release takes the name from the session, which is gone.
func (n *names) release(s *session) {
	owner := s.person
	if owner == nil {
		return
	}
	s.person = nil
	for i, other := range owner.sessions {
		if other == s {
			owner.sessions = append(owner.sessions[:i:i], owner.sessions[i+1:]...)
			break
		}
	}
	if len(owner.sessions) > 0 {
		return
	}
	now := time.Now()
	owner.until = now.Add(nameReserve)
	n.kept++
	if n.kept > n.limit {
		n.sweep(now)
	}
	if !owner.proof.kept || n.kept > n.limit {
		n.forget(owner)
	}
}

// forget frees a kept name.
func (n *names) forget(owner *person) {
	delete(n.people, owner.name)
	n.kept--
}

// sweep frees the names whose time is over, at most once a second: it looks at all of them.
func (n *names) sweep(now time.Time) {
	if now.Sub(n.swept) < time.Second {
		return
	}
	n.swept = now
	for _, owner := range n.people {
		if len(owner.sessions) == 0 && now.After(owner.until) {
			n.forget(owner)
		}
	}
}

// online returns the sessions of a name but one's own.
func (n *names) online(name string, but *session) (sessions []*session) {
	if owner := n.people[name]; owner != nil {
		for _, s := range owner.sessions {
			if s != but {
				sessions = append(sessions, s)
			}
		}
	}
	return sessions
}
