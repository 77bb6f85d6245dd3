package signal

import (
	"sync"
	"time"
)

// users are the budgets of people with tokens and of API keys, whatever
// addresses they come from. At most userEntries are remembered; when all are in
// use, newcomers share one entry.
type users struct {
	mu      sync.Mutex // guards the following
	entries map[string]*user
	shared  map[*Rates]*user
	swept   time.Time
}

type user struct {
	purse
	seen time.Time // guarded by users.mu
}

func newUsers() *users {
	return &users{entries: make(map[string]*user), shared: make(map[*Rates]*user)}
}

// get returns the budgets of that name, of which it may be the first sign.
func (u *users) get(name string, rates *Rates, now time.Time) *user {
	u.mu.Lock()
	defer u.mu.Unlock()
	entry := u.entries[name]
	if entry == nil {
		if len(u.entries) >= userEntries && now.Sub(u.swept) >= time.Second {
			u.sweep(now)
		}
		if len(u.entries) >= userEntries {
			if u.shared[rates] == nil {
				u.shared[rates] = &user{purse: purse{rates: rates}}
			}
			return u.shared[rates]
		}
		entry = &user{purse: purse{rates: rates}}
		u.entries[name] = entry
	}
	entry.seen = now
	return entry
}

// sweep forgets who was not seen for so long that every budget is full again.
func (u *users) sweep(now time.Time) {
	u.swept = now
	for name, entry := range u.entries {
		if now.Sub(entry.seen) > addressIdle {
			delete(u.entries, name)
		}
	}
}

// A guest is no user, and has budgets by session and address alone.

func (u *user) mayConnect(now time.Time) bool { return u == nil || u.purse.connect(now) }
func (u *user) mayJoin(now time.Time) bool    { return u == nil || u.purse.join(now) }
func (u *user) mayInvite(now time.Time) bool  { return u == nil || u.purse.invite(now) }
func (u *user) mayTest(now time.Time) bool    { return u == nil || u.purse.test(now) }
