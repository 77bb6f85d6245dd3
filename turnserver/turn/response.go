package turn

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

// reply starts the response to req in c.out.
func (c *Core) reply(req *request, class stun.MessageClass) {
	c.start(stun.NewType(req.Type.Method, class), req.TransactionID)
}

func (c *Core) start(t stun.MessageType, id [stun.TransactionIDSize]byte) {
	c.out.Reset()
	c.out.Type = t
	c.out.TransactionID = id
	c.out.WriteHeader()
}

// finish signs c.out if there is a key, and sends it; without one, only while the client's network has not been answered too often. FINGERPRINT is
// mirrored, but left out where an unauthenticated answer has no room for it.
func (c *Core) finish(now time.Time, req *request, key []byte) []byte {
	return c.finishTo(now, req, key, req.from)
}

// finishTo is finish where the answer goes another way than the request came.
func (c *Core) finishTo(now time.Time, req *request, key []byte, to FiveTuple) []byte {
	if key != nil {
		c.sign(req, key)
	}
	if req.fingerprint && (key != nil || len(c.out.Raw)+8 <= room(req)) {
		_ = stun.Fingerprint.AddTo(&c.out)
	}
	if key == nil && req.from.Transport == UDP && !c.registry.affords(now, req.from.Client.Addr(), len(c.out.Raw)) {
		c.drop(DropBudget)
		if req.refusal.code != 0 {
			req.refusal.code, req.refusal.reason = 0, ReasonTooMany
			c.sawRefusal(now, req)
		}
		return nil
	}
	data := c.keep(c.out.Raw)
	c.emit(Effect{Op: SendClient, Client: to, Data: data})
	if req.refusal.code != 0 {
		c.sawRefusal(now, req)
	}
	return data
}

// room is how large an unauthenticated answer may be.
func room(req *request) int {
	if req.from.Transport != UDP {
		return 1 << 16
	}
	return max(req.size, smallestRequest) * 24 / 10
}

// answer finishes the response to an authenticated request, and remembers it for retransmissions.
func (c *Core) answer(now time.Time, req *request) {
	data := c.finish(now, req, req.user.key)
	if !req.from.Transport.Reliable() {
		c.answers.put(req.from, req.TransactionID, data, now)
	}
}

// fail answers an authenticated request with an error.
func (c *Core) fail(now time.Time, req *request, code stun.ErrorCode) {
	c.startError(req, code)
	c.answer(now, req)
}

// failPeer answers that the peer is refused.
func (c *Core) failPeer(now time.Time, req *request, code stun.ErrorCode, peer netip.AddrPort, reason string) {
	req.refusal.peer, req.refusal.reason = peer, reason
	c.fail(now, req, code)
}

// failQuota answers that the allocation has as many of something as it may.
func (c *Core) failQuota(now time.Time, req *request, limit int) {
	req.refusal.reason, req.refusal.limit = ReasonQuota, limit
	c.fail(now, req, stun.CodeInsufficientCapacity)
}

// failOpen answers a request that could not be authenticated because it is malformed.
func (c *Core) failOpen(now time.Time, req *request, code stun.ErrorCode) {
	c.startError(req, code)
	c.finish(now, req, nil)
}

// failUnknown answers 420 and names what was not understood (RFC 8489 §14.13).
func (c *Core) failUnknown(now time.Time, req *request, key []byte, unknown []stun.AttrType) {
	c.startError(req, stun.CodeUnknownAttribute)
	var list []byte
	for _, t := range unknown {
		list = binary.BigEndian.AppendUint16(list, uint16(t))
	}
	c.out.Add(stun.AttrUnknownAttributes, list)
	c.finish(now, req, key)
}

// startError starts an error response. It has no reason phrase: programs do not read it, and a stranger is sent no byte more than needed.
func (c *Core) startError(req *request, code stun.ErrorCode) {
	c.counters.Errors[code]++
	req.refusal.code = code
	c.reply(req, stun.ClassErrorResponse)
	c.out.Add(stun.AttrErrorCode, []byte{0, 0, byte(code / 100), byte(code % 100)})
}
