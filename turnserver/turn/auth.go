package turn

import (
	"bytes"
	"encoding/binary"
	"time"

	"github.com/pion/stun/v3"
)

// maxUsername is in bytes (RFC 8489 §14.3: less than 509).
const maxUsername = 508

// algorithmList is the value of PASSWORD-ALGORITHMS: SHA-256, then MD5, neither with parameters (RFC 8489 §14.11).
var algorithmList = []byte{0, byte(algorithmSHA256), 0, 0, 0, byte(algorithmMD5), 0, 0}

// authenticated calls the handler if the long-term credential mechanism lets the request pass (RFC 8489 §9.2.4). The order of checks is the
// RFC's: integrity there at all, attributes complete, nothing bid down, nonce fresh, user known, integrity right; only then unknown attributes.
func (c *Core) authenticated(now time.Time, req *request, handle func(time.Time, *request)) {
	present, wellFormed := req.protected()
	if !present {
		c.challenge(now, req, stun.CodeUnauthorized)
		return
	}
	name, haveName := req.Attributes.Get(stun.AttrUsername)
	hash, haveHash := req.Attributes.Get(stun.AttrUserhash)
	nonce, haveNonce := req.Attributes.Get(stun.AttrNonce)
	if !wellFormed || haveName == haveHash || !haveNonce || !req.Contains(stun.AttrRealm) || len(name.Value) > maxUsername {
		c.failOpen(now, req, stun.CodeBadRequest)
		return
	}
	promised, fresh := c.nonces.valid(nonce.Value, req.from, now)
	if !fresh {
		c.challenge(now, req, stun.CodeStaleNonce)
		return
	}
	alg, ok := req.algorithm(promised)
	if !ok {
		c.failOpen(now, req, stun.CodeBadRequest)
		return
	}
	user := string(name.Value)
	if haveHash {
		user, ok = c.credentials.byHash(hash.Value)
	}
	if !ok {
		req.refusal.reason = ReasonUnknownUser
	}
	if !ok || !c.identify(now, req, user, alg) {
		c.challenge(now, req, stun.CodeUnauthorized)
		return
	}
	req.sha256 = req.Contains(stun.AttrMessageIntegritySHA256)
	if unknown := c.unknown(req); len(unknown) > 0 {
		c.failUnknown(now, req, req.user.key, unknown)
		return
	}
	handle(now, req)
}

// algorithm returns the PASSWORD-ALGORITHM, MD5 where a client of before RFC 8489 names none. What the nonce promised must come back as it was
// sent: else somebody on the way has taken the better choice out.
func (r *request) algorithm(promised features) (algorithm, bool) {
	chosen, haveChosen := r.Attributes.Get(stun.AttrPasswordAlgorithm)
	list, haveList := r.Attributes.Get(stun.AttrPasswordAlgorithms)
	if promised&passwordAlgorithms == 0 || !haveChosen && !haveList {
		return algorithmMD5, true
	}
	if !haveChosen || !haveList || !bytes.Equal(list.Value, algorithmList) || len(chosen.Value) != 4 {
		return 0, false
	}
	alg := algorithm(binary.BigEndian.Uint16(chosen.Value))
	return alg, alg == algorithmMD5 || alg == algorithmSHA256
}

// identify sets req.user, or the reason why not. A live allocation vouches for its own user, so that neither expiry nor a rotated secret ends a running
// call.
func (c *Core) identify(now time.Time, req *request, name string, alg algorithm) bool {
	token, haveToken := req.Attributes.Get(attrAccessToken)
	user, live := c.voucher(req)
	live = live && user.name == name && user.algorithm == alg && !haveToken
	var ok bool
	switch {
	case live:
		ok = req.verify(user.key)
	case haveToken && c.credentials.Tokens != nil:
		user, ok = c.credentials.Tokens.open(name, token.Value, now)
		if !ok {
			req.refusal.reason = ReasonToken
			return false
		}
		user.algorithm = alg
		if ok = req.verify(user.key); !ok {
			user.key = user.key[:coturnKey]
			ok = req.verify(user.key)
		}
	default:
		user, ok = c.credentials.identify(name, alg, req.verify)
	}
	switch {
	case !ok && !live && !haveToken && !c.credentials.knows(name):
		req.refusal.reason = ReasonUnknownUser
	case !ok:
		req.refusal.reason = ReasonWrongPassword
	case user.expired(now) && (!live || c.credentials.Strict || user.token):
		req.refusal.reason, req.refusal.by = ReasonExpired, now.Sub(user.expires)
	case !live && c.registry.revoked(user, now):
		req.refusal.reason = ReasonRevoked
	default:
		req.user = user
		return true
	}
	return false
}

// voucher is who has the live allocation that a request is about.
func (c *Core) voucher(req *request) (identity, bool) {
	switch req.Type.Method {
	case stun.MethodAllocate:
		return identity{}, false
	case stun.MethodConnectionBind: // from a stream of its own
		id, _, _ := req.uint32Attr(stun.AttrConnectionID)
		return c.registry.connUser(ConnID(id))
	}
	a := c.clients[req.from]
	if a == nil {
		a = c.traveller(req)
	}
	if a == nil {
		return identity{}, false
	}
	return a.user, true
}

// challenge answers 401 or 438: with REALM and a fresh NONCE, without integrity (RFC 8489 §9.2.4). The choice of algorithms is offered where the
// answer has room for it.
func (c *Core) challenge(now time.Time, req *request, code stun.ErrorCode) {
	c.startError(req, code)
	c.out.Add(stun.AttrRealm, []byte(c.cfg.Realm))
	f := passwordAlgorithms
	if c.credentials.anonymous() {
		f |= usernameAnonymity
	}
	if t := c.credentials.Tokens; t != nil && len(c.out.Raw)+4+(len(t.server)+3)&^3+4+shortNonce <= room(req) {
		c.out.Add(attrThirdPartyAuthorization, []byte(t.server))
	}
	nonce := c.nonces.make(req.from, now, f)
	if len(c.out.Raw)+4+(len(nonce)+3)&^3+4+len(algorithmList) <= room(req) {
		c.out.Add(stun.AttrNonce, nonce)
		c.out.Add(stun.AttrPasswordAlgorithms, algorithmList)
	} else {
		c.out.Add(stun.AttrNonce, c.nonces.make(req.from, now, 0))
	}
	c.finish(now, req, nil)
}
