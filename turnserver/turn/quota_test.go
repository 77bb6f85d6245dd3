package turn

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

func TestQuotaOfAUserHoldsUntilItsTime(t *testing.T) {
	w := newWorldWithLimits(t, Limits{PerUser: 2}, nil)
	n := uint16(0)
	allocate := func(user string) int {
		n++
		c := w.client(netip.AddrPortFrom(alice.Addr(), n), user)
		return code(c.request(stun.MethodAllocate, udpTransport))
	}
	for _, tt := range []struct {
		user        string
		allocations int
		fits        int
	}{{"less", 1, 1}, {"more", 4, 4}, {"nobody", 0, 2}, {"other", -1, 2}} {
		w.registry.SetQuota(tt.user, tt.allocations, w.now.Add(time.Minute), w.now)
		for i := range tt.fits {
			if got := allocate(tt.user); got != 0 {
				t.Errorf("%s: the %dth: %d", tt.user, i+1, got)
			}
		}
		if got := allocate(tt.user); got != 486 {
			t.Errorf("%s: one more: %d, want 486", tt.user, got)
		}
	}
	w.wait(time.Minute)
	if got := allocate("less"); got != 0 {
		t.Errorf("after its time: %d", got)
	}
	if got := allocate("more"); got != 486 {
		t.Errorf("what was too many before is too many again: %d, want 486", got)
	}
}

func TestQuotasAreBounded(t *testing.T) {
	r := NewRegistry(Limits{}, nil, testStart)
	for i := range maxQuotas + 10 {
		r.SetQuota(fmt.Sprint(i), 1, testStart.Add(time.Hour), testStart)
	}
	if got := len(r.quotas.of); got != maxQuotas {
		t.Errorf("%d are kept", got)
	}
	later := testStart.Add(2 * time.Hour)
	r.SetQuota("late", 7, later.Add(time.Hour), later)
	if len(r.quotas.of) != 1 || r.quotas.limit("late", 1, later) != 7 || r.quotas.limit("0", 1, later) != 1 {
		t.Errorf("%d are kept after their time", len(r.quotas.of))
	}
	r.SetQuota("late", 0, later.Add(time.Hour), later)
	if len(r.quotas.of) != 0 {
		t.Error("what was taken back is kept")
	}
}
