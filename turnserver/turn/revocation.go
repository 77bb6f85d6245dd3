package turn

import (
	"sync"
	"time"
)

// revocations holds for each revoked user the expiry up to which credentials are refused. It is nearly always empty, and bounded by what an operator
// types; an entry ends with the last credential that it refuses.
type revocations struct {
	mu    sync.RWMutex
	until map[string]time.Time
}

// Revoke refuses every credential of the user that has been handed out so far, which is every one that expires within ttl; what is signed from the
// next second on is good again. Live allocations are ended by Core.Disconnect.
func (r *Registry) Revoke(user string, ttl time.Duration, now time.Time) {
	v := &r.revocations
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.until == nil {
		v.until = make(map[string]time.Time)
	}
	for u, t := range v.until {
		if now.After(t) {
			delete(v.until, u)
		}
	}
	v.until[user] = now.Add(ttl)
}

func (r *Registry) revoked(user identity, now time.Time) bool {
	v := &r.revocations
	v.mu.RLock()
	defer v.mu.RUnlock()
	until, ok := v.until[user.user]
	return ok && !user.expires.IsZero() && !user.expires.After(until)
}

// Disconnect ends every allocation that is accounted to the user.
func (c *Core) Disconnect(now time.Time, user string) []Effect {
	c.begin()
	for _, a := range c.clients {
		if a.account.name == user {
			c.remove(now, a, EndRevoked)
		}
	}
	return c.effects
}
