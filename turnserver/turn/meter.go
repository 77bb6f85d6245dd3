package turn

import (
	"bytes"
	"sync/atomic"
	"time"
)

// A Meter counts and paces what a bound connection of RFC 6062 carries. It is safe for concurrent use, one goroutine each way.
type Meter struct {
	registry       *Registry
	allocation     *traffic
	account        *account
	sent, received atomic.Uint64
}

// Sent counts n bytes from client to peer, and tells how long to wait before the next.
func (m *Meter) Sent(now time.Time, n int) time.Duration {
	m.sent.Add(uint64(n))
	return m.wait(now, n, sent)
}

// Received counts n bytes from peer to client, and tells how long to wait before the next.
func (m *Meter) Received(now time.Time, n int) time.Duration {
	m.received.Add(uint64(n))
	return m.wait(now, n, received)
}

func (m *Meter) wait(now time.Time, n int, way func(*traffic) *bucket) time.Duration {
	l, t := m.registry.limits.Load(), m.registry.clock(now)
	return max(
		way(m.allocation).delay(t, n, l.BandwidthPerAllocation),
		way(&m.account.traffic).delay(t, n, l.BandwidthPerUser),
		way(&m.registry.traffic).delay(t, n, l.Bandwidth))
}

// conn is what the registry knows of a connection.
type conn struct {
	shard int
	user  identity // of the allocation; its USERNAME must be that of the ConnectionBind
	meter *Meter
	bound bool
}

// addConn announces a connection; false if the id is in use.
func (r *Registry) addConn(id ConnID, a *allocation, shard int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, used := r.conns[id]; used {
		return false
	}
	r.conns[id] = &conn{shard: shard, user: a.user, meter: &Meter{registry: r, allocation: &a.traffic, account: a.account}}
	return true
}

// bindConn marks a connection as bound, if it is the user's and is not bound yet.
func (r *Registry) bindConn(id ConnID, user identity) (*Meter, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.conns[id]
	if c == nil || c.bound || !c.user.is(user) || user.token && !bytes.Equal(user.key, c.user.key) {
		return nil, false
	}
	c.bound = true
	return c.meter, true
}

func (r *Registry) connUser(id ConnID) (identity, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.conns[id]
	if c == nil {
		return identity{}, false
	}
	return c.user, true
}

func (r *Registry) setConnUser(id ConnID, user identity) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.conns[id]; c != nil {
		c.user = user
	}
}

func (r *Registry) isBound(id ConnID) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.conns[id]
	return c != nil && c.bound
}

func (r *Registry) removeConn(id ConnID) *Meter {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.conns[id]
	if c == nil {
		return nil
	}
	delete(r.conns, id)
	return c.meter
}

// ConnShard tells which shard owns a connection.
func (r *Registry) ConnShard(id ConnID) (shard int, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.conns[id]
	if c == nil {
		return 0, false
	}
	return c.shard, true
}
