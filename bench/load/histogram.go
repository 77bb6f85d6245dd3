package load

import (
	"math/bits"
	"time"
)

// A Histogram counts durations, to within 1.6 %, up to some minutes.
type Histogram struct {
	counts [34 << 6]uint64
	total  uint64
}

// Add counts one. What is negative, since clocks are only so good, counts as 0.
func (h *Histogram) Add(ns int64) {
	h.counts[min(bucket(uint64(max(ns, 0))), len(h.counts)-1)]++
	h.total++
}

// Quantile returns the duration that a share of all do not exceed; 0 if there are none.
func (h *Histogram) Quantile(share float64) time.Duration {
	rank := uint64(share * float64(h.total))
	for i, n := range h.counts {
		if n > rank {
			return time.Duration(middle(i))
		}
		rank -= n
	}
	return 0
}

// bucket has 64 steps for every power of two.
func bucket(v uint64) int {
	shift := max(bits.Len64(v)-7, 0)
	return shift<<6 + int(v>>shift)
}

// middle of a bucket.
func middle(i int) uint64 {
	if i < 128 {
		return uint64(i)
	}
	shift := i>>6 - 1
	low := uint64(i-shift<<6) << shift
	return low + uint64(1)<<shift/2
}
