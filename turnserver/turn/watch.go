package turn

import (
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
)

// watches are who is watched. What packets ask is one load where nobody is; a list is never changed, only exchanged as a whole.
type watches struct {
	mu   sync.Mutex // taken to exchange the list
	list atomic.Pointer[watchlist]
}

type watchlist []*watch

type watch struct {
	user    string
	network netip.Prefix
	saw     func(Sighting)
}

// Watch lets saw have what is seen of the user, and what of client's network comes without a name, until stop is called. saw is called in the middle of an
// event: it may neither wait nor call back. How many watch is for the caller to bound.
func (r *Registry) Watch(user string, client netip.Addr, saw func(Sighting)) (stop func()) {
	w := &watch{user, Network(client), saw}
	r.watches.exchange(func(l watchlist) watchlist { return append(l, w) })
	return func() {
		r.watches.exchange(func(l watchlist) watchlist { return slices.DeleteFunc(l, func(x *watch) bool { return x == w }) })
	}
}

func (w *watches) exchange(change func(watchlist) watchlist) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list watchlist
	if old := w.list.Load(); old != nil {
		list = slices.Clone(*old)
	}
	if list = change(list); len(list) == 0 {
		w.list.Store(nil)
		return
	}
	w.list.Store(&list)
}

// Tell hands a Sighting to whoever watches the user, or the client's network where no user is known.
func (r *Registry) Tell(s Sighting) {
	list := r.watches.list.Load()
	if list == nil {
		return
	}
	network := Network(s.Client.Client.Addr())
	for _, w := range *list {
		if s.Kind.nameless() && w.network == network || !s.Kind.nameless() && w.user == s.User {
			w.saw(s)
		}
	}
}

// Watched tells whether anybody watches anybody.
func (r *Registry) Watched() bool { return r.watches.list.Load() != nil }

// has tells whether the user is watched.
func (l watchlist) has(user string) bool {
	return user != "" && slices.ContainsFunc(l, func(w *watch) bool { return w.user == user })
}

// near tells whether the network of the address is watched.
func (l watchlist) near(client netip.Addr) bool {
	network := Network(client)
	return slices.ContainsFunc(l, func(w *watch) bool { return w.network == network })
}

// watched tells whether the allocation's user is; it is looked up when the list has changed.
func (c *Core) watched(a *allocation) bool {
	list := c.registry.watches.list.Load()
	if list == nil {
		return false
	}
	if a.watches != list {
		a.watches, a.watched = list, list.has(a.user.user)
	}
	return a.watched
}
