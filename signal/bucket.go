package signal

import (
	"sync"
	"time"
)

// Rate is what a token bucket allows: so many per second in the long run, and
// a burst at once.
type Rate struct {
	PerSecond float64
	Burst     int
}

// bucket is a token bucket. The zero value is full.
type bucket struct {
	spent float64
	at    time.Time
}

func (b *bucket) take(r Rate, now time.Time) bool {
	if elapsed := now.Sub(b.at).Seconds(); elapsed > 0 {
		b.spent = max(0, b.spent-elapsed*r.PerSecond)
		b.at = now
	}
	if b.spent+1 > float64(r.Burst) {
		return false
	}
	b.spent++
	return true
}

// purse holds the budgets of one session or of one client address. It is safe
// for concurrent use.
type purse struct {
	rates *Rates

	mu                                             sync.Mutex // guards the following
	connects, ice, messages, joins, invites, tests bucket
}

func (p *purse) connect(now time.Time) bool { return p.take(&p.connects, p.rates.Connects, now) }
func (p *purse) askICE(now time.Time) bool  { return p.take(&p.ice, p.rates.ICE, now) }
func (p *purse) message(now time.Time) bool { return p.take(&p.messages, p.rates.Messages, now) }
func (p *purse) join(now time.Time) bool    { return p.take(&p.joins, p.rates.Joins, now) }
func (p *purse) invite(now time.Time) bool  { return p.take(&p.invites, p.rates.Invites, now) }
func (p *purse) test(now time.Time) bool    { return p.take(&p.tests, p.rates.Tests, now) }

func (p *purse) take(b *bucket, r Rate, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return b.take(r, now)
}
