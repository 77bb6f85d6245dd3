package turn

import (
	"time"

	"github.com/pion/stun/v3"
)

// maxUsername is in bytes (RFC 8489 §14.3: less than 509).
const maxUsername = 508

// authenticated calls the handler if the long-term credential mechanism lets the request pass (RFC 8489 §9.2.4). The order of checks is the
// RFC's: integrity there at all, attributes complete, nonce fresh, user known, integrity right; only then unknown attributes.
func (c *Core) authenticated(now time.Time, req *request, handle func(time.Time, *request)) {
	if !req.Contains(stun.AttrMessageIntegrity) {
		c.challenge(now, req, stun.CodeUnauthorized)
		return
	}
	name, haveName := req.Attributes.Get(stun.AttrUsername)
	nonce, haveNonce := req.Attributes.Get(stun.AttrNonce)
	mac, _ := req.Attributes.Get(stun.AttrMessageIntegrity)
	if !haveName || !haveNonce || !req.Contains(stun.AttrRealm) || len(name.Value) > maxUsername || len(mac.Value) != 20 {
		c.failOpen(req, stun.CodeBadRequest)
		return
	}
	if !c.nonces.valid(nonce.Value, req.from, now) {
		c.challenge(now, req, stun.CodeStaleNonce)
		return
	}
	if !c.identify(now, req, string(name.Value)) {
		c.challenge(now, req, stun.CodeUnauthorized)
		return
	}
	if unknown := req.unknown(); len(unknown) > 0 {
		c.failUnknown(req, req.user.key[:], unknown)
		return
	}
	handle(now, req)
}

// identify sets req.user. A live allocation vouches for its own user, so that neither expiry nor a rotated secret ends a running call.
func (c *Core) identify(now time.Time, req *request, name string) bool {
	check := func(key Key) bool { return stun.MessageIntegrity(key[:]).Check(&req.Message) == nil }
	if a := c.clients[req.from]; a != nil && a.user.name == name && req.Type.Method != stun.MethodAllocate {
		req.user = a.user
		return check(a.user.key) && (!c.credentials.Strict || now.Before(a.user.expires))
	}
	user, ok := c.credentials.identify(name, check)
	if !ok || !now.Before(user.expires) {
		return false
	}
	req.user = user
	return true
}
