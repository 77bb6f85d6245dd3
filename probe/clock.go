package probe

import (
	"context"
	"fmt"
	"time"

	"github.com/pion/stun/v3"
)

// compareClocks finds out whether credentials are refused because the server's clock is ahead: those that expire later are let in then.
func (v *visit) compareClocks(ctx context.Context) {
	_ = v.step(ctx, "clock", func(ctx context.Context) (string, error) {
		now := v.clock()
		accepts := func(expires time.Time) bool {
			c, err := v.another(ctx) // some servers remember the user of a 5-tuple
			if err != nil {
				return false
			}
			defer c.close()
			c.user = signed(v.Secret, v.User, expires)
			m, err := c.ask(ctx, request(stun.MethodAllocate, requestedTransport()))
			return err == nil && c.learn(m) && c.allocate(ctx) == nil
		}
		low, high := ttl, time.Duration(0)
		for _, later := range []time.Duration{2 * time.Hour, 26 * time.Hour, 400 * 24 * time.Hour} {
			if accepts(now.Add(later)) {
				high = later
				break
			}
			low = later
		}
		if high == 0 {
			return "no expiry is accepted", refusal{401, ""}
		}
		for high-low > 2*time.Minute {
			middle := (low + high) / 2
			accepted := accepts(now.Add(middle))
			if ctx.Err() != nil {
				break // out of time; the figure is a rough one
			}
			if accepted {
				high = middle
			} else {
				low = middle
			}
		}
		v.facts.Clock = (low + high) / 2
		return fmt.Sprintf("the server's is ahead by %s", span(v.facts.Clock)), nil
	})
}
