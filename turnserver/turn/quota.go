package turn

import "time"

const (
	// maxQuotas bounds the memory; whoever finds no place has the limit that everybody has.
	maxQuotas = 1 << 16
	// quotaSweep is how often at most what is over makes room.
	quotaSweep = time.Minute
)

// quotas are the users who may have another number of allocations than everybody; the registry's mutex guards them.
type quotas struct {
	of    map[string]quota
	swept time.Time
}

type quota struct {
	allocations int
	until       time.Time
}

// SetQuota lets the user have so many allocations at once until then, in place of Limits.PerUser; 0 takes that back. What there is already stays.
func (r *Registry) SetQuota(user string, allocations int, until, now time.Time) {
	q := &r.quotas
	r.mu.Lock()
	defer r.mu.Unlock()
	if allocations <= 0 || !now.Before(until) {
		delete(q.of, user)
		return
	}
	if _, known := q.of[user]; !known && len(q.of) >= maxQuotas && !q.sweep(now) {
		return
	}
	if q.of == nil {
		q.of = make(map[string]quota)
	}
	q.of[user] = quota{allocations, until}
}

// sweep tells whether there is room now.
func (q *quotas) sweep(now time.Time) bool {
	if now.Sub(q.swept) < quotaSweep {
		return false
	}
	q.swept = now
	for user, u := range q.of {
		if !now.Before(u.until) {
			delete(q.of, user)
		}
	}
	return len(q.of) < maxQuotas
}

// limit is how many allocations the user may have.
func (q *quotas) limit(user string, everybody int, now time.Time) int {
	if u, ok := q.of[user]; ok && now.Before(u.until) {
		return u.allocations
	}
	return everybody
}
