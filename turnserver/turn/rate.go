package turn

import (
	"sync/atomic"
	"time"
)

// A bucket is a rate limit in one word, by the generic cell rate algorithm: the time at which what has passed so far would have passed at the
// limit. It may be used from several shards.
type bucket struct{ tat atomic.Int64 }

// take lets something of cost pass unless it is more than burst ahead of its time. All are in nanoseconds.
func (b *bucket) take(now, cost, burst int64) bool {
	for {
		old := b.tat.Load()
		next := max(old, now) + cost
		if next-now > burst && next != now+cost {
			return false
		}
		if b.tat.CompareAndSwap(old, next) {
			return true
		}
	}
}

const (
	// bandwidthBurst is how far ahead of its bandwidth an allocation may be: a key frame's worth.
	bandwidthBurst = int64(250 * time.Millisecond)
	// answerUnit is in bytes; an unauthenticated answer that is longer counts more than once.
	answerUnit = 100
)

// passes takes n bytes from a bucket of so many bytes a second; 0 is no limit.
func (b *bucket) passes(now int64, n, limit int) bool {
	return limit <= 0 || b.take(now, int64(n)*int64(time.Second)/int64(limit), bandwidthBurst)
}

// delay takes n bytes in any case, and tells how long they are ahead of their time.
func (b *bucket) delay(now int64, n, limit int) time.Duration {
	if limit <= 0 {
		return 0
	}
	cost := int64(n) * int64(time.Second) / int64(limit)
	for {
		old := b.tat.Load()
		next := max(old, now) + cost
		if b.tat.CompareAndSwap(old, next) {
			return time.Duration(max(0, next-now-bandwidthBurst))
		}
	}
}

// traffic has a bucket for each way.
type traffic struct{ sent, received bucket }

// budgetSlots bounds the memory of the unauthenticated budget; addresses that fall into one slot share it.
const budgetSlots = 1 << 16

type budget struct{ slots [budgetSlots]bucket }
