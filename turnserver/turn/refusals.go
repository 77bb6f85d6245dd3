package turn

import "github.com/pion/stun/v3"

// A Refusal is what requests were refused by: the code of the answer, and why. Reasons are words of ours, so there are few.
type Refusal struct {
	Code   int
	Reason string
}

// Refusals returns how many requests were refused so far, by why. A first request without credentials is none: every client begins with it.
func (c *Core) Refusals() map[Refusal]uint64 {
	all := make(map[Refusal]uint64, len(c.refusals))
	for r, n := range c.refusals {
		all[r] = n
	}
	return all
}

// refused counts an error response, or one that was kept back, which has no code.
func (c *Core) refused(req *request) {
	r := req.refusal
	if req.Type.Method == stun.MethodBinding {
		return
	}
	if r.code == stun.CodeUnauthorized && r.reason == "" {
		if present, _ := req.protected(); !present {
			return
		}
	}
	if r.reason == "" {
		r.reason = reasons[r.code]
	}
	c.refusals[Refusal{int(r.code), r.reason}]++
}
