package load

import (
	"math"
	"testing"
	"time"
)

func TestHistogramFindsQuantiles(t *testing.T) {
	var h Histogram
	if h.Quantile(0.5) != 0 {
		t.Error("an empty histogram has a median")
	}
	for i := range int64(100_000) {
		h.Add(i * 10)
	}
	for share, want := range map[float64]float64{0: 0, 0.5: 500_000, 0.99: 990_000, 0.999: 999_000} {
		if got := float64(h.Quantile(share)); math.Abs(got-want) > 0.016*want {
			t.Errorf("quantile %v: %v, want %v", share, got, want)
		}
	}
}

func TestHistogramBucketsFollowOneAnother(t *testing.T) {
	last := -1
	for v := uint64(0); v < 1<<20; v++ {
		b := bucket(v)
		if b != last && b != last+1 {
			t.Fatalf("%d is in bucket %d, %d in %d", v-1, last, v, b)
		}
		if m := middle(b); math.Abs(float64(m)-float64(v)) > 0.016*float64(v) {
			t.Fatalf("%d is in the bucket of %d", v, m)
		}
		last = b
	}
}

func TestHistogramTakesWhatIsOutOfRange(t *testing.T) {
	var h Histogram
	h.Add(-5)
	h.Add(math.MaxInt64)
	if h.Quantile(0) != 0 || h.Quantile(0.9) < time.Minute {
		t.Errorf("%v and %v", h.Quantile(0), h.Quantile(0.9))
	}
}
