package turn

import (
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

// A Sighting is something that the relay saw of a user who is watched. What does not apply is zero.
type Sighting struct {
	At       time.Time
	Kind     Kind
	User     string         // the user part of the name
	Client   FiveTuple      // Client.Server is where it arrived
	Request  string         // the method that was refused, such as "Allocate"
	Code     int            // of the error response; 0 if there was none
	Reason   string         // of a refusal, an end, or a failed handshake: the constants below, an End, or plain words
	By       time.Duration  // since when the credential, or the certificate, had been expired
	Name     string         // of the server, as the client of a failed handshake asked for it
	Limit    int            // what a quota is
	Peer     netip.AddrPort // a permission is for every port of it
	Relay    netip.AddrPort // relayed transport address
	Sent     Traffic        // client to peers so far
	Received Traffic        // peers to client so far
}

// A Kind says what was seen.
type Kind string

const (
	SawChallenge       Kind = "challenged"       // a request without credentials, answered by 401
	SawRefusal         Kind = "refused"          // a request with credentials, answered by an error
	SawAllocation      Kind = "allocated"        // once for each relayed address
	SawPermission      Kind = "permitted"        // once for each peer
	SawRefusedPeer     Kind = "peer-refused"     // by a request; or data that was dropped, told at most once a second
	SawChannel         Kind = "bound"            // a channel
	SawTraffic         Kind = "relayed"          // the first packet each way, and then at most once a second; not over RFC 6062
	SawEnd             Kind = "ended"            // an allocation, with its totals
	SawFailedHandshake Kind = "handshake-failed" // of TLS or DTLS
)

// nameless tells whether it comes before there is a user, and is told to who watches the client's network.
func (k Kind) nameless() bool { return k == SawChallenge || k == SawFailedHandshake }

// Reasons of refusals that the code of the answer does not tell.
const (
	ReasonExpired       = "expired"
	ReasonWrongPassword = "wrong password"
	ReasonUnknownUser   = "unknown user"
	ReasonRevoked       = "revoked"
	ReasonToken         = "token"         // of RFC 7635: its key is unknown, or it was not sealed by it, or it is from the future
	ReasonQuota         = "quota"         // Limit is how many there may be
	ReasonPortsUsedUp   = "ports used up" // of the relay
	ReasonNoSocket      = "no relay socket"
	ReasonDraining      = "draining"
	ReasonPort          = "port" // of a peer: it may not be relayed to
	ReasonNoPermission  = "no permission"
	ReasonTooMany       = "too many unauthenticated requests" // the answer was kept back
)

// reasons are those that the code tells.
var reasons = map[stun.ErrorCode]string{
	stun.CodeTryAlternate:           "try alternate",
	stun.CodeBadRequest:             "bad request",
	stun.CodeUnauthorized:           "unauthorized",
	stun.CodeForbidden:              "forbidden",
	codeMobilityForbidden:           "mobility forbidden",
	stun.CodeUnknownAttribute:       "unknown attribute",
	stun.CodeAllocMismatch:          "allocation mismatch",
	stun.CodeStaleNonce:             "stale nonce",
	stun.CodeAddrFamilyNotSupported: "family",
	stun.CodeWrongCredentials:       "wrong credentials",
	stun.CodeUnsupportedTransProto:  "unsupported transport",
	stun.CodePeerAddrFamilyMismatch: "family",
	stun.CodeConnAlreadyExists:      "connection already exists",
	stun.CodeConnTimeoutOrFailure:   "connection failed",
	stun.CodeAllocQuotaReached:      ReasonQuota,
	stun.CodeInsufficientCapacity:   "insufficient capacity",
}

// A refusal is why a request is answered by an error; the reason is empty where the code says it all.
type refusal struct {
	code   stun.ErrorCode
	reason string
	by     time.Duration
	limit  int
	peer   netip.AddrPort // who was refused
}

func (c *Core) saw(s Sighting) { c.emit(Effect{Op: Saw, Sighting: &s}) }

// sawRefusal tells of an error response. Whoever sends no integrity has no name yet, whatever else is in the request.
func (c *Core) sawRefusal(now time.Time, req *request) {
	c.refused(req)
	list := c.registry.watches.list.Load()
	if list == nil || req.Type.Method == stun.MethodBinding {
		return
	}
	kind, user := SawRefusal, req.user.user
	if req.user.name == "" {
		user = c.claimedUser(req)
		if present, _ := req.protected(); !present {
			kind, user = SawChallenge, ""
		}
	}
	if kind == SawChallenge && !list.near(req.from.Client.Addr()) || kind == SawRefusal && !list.has(user) {
		return
	}
	r := req.refusal
	if r.reason == "" && kind == SawRefusal {
		r.reason = reasons[r.code]
	}
	if r.peer.IsValid() {
		kind = SawRefusedPeer
	}
	c.saw(Sighting{At: now, Kind: kind, User: user, Client: req.from, Request: req.Type.Method.String(),
		Code: int(r.code), Reason: r.reason, By: r.by, Limit: r.limit, Peer: r.peer})
}

// claimedUser is who a request that has not been authenticated says it is from.
func (c *Core) claimedUser(req *request) string {
	name := ""
	if a, ok := req.Attributes.Get(stun.AttrUsername); ok {
		name = string(a.Value)
	} else if a, ok := req.Attributes.Get(stun.AttrUserhash); ok {
		name, _ = c.credentials.byHash(a.Value)
	}
	if _, static := c.credentials.Users[name]; static {
		return name
	}
	if user, _, ok := parseUsername(name); ok {
		return user
	}
	return name
}

func (a *allocation) sighting(now time.Time, k Kind) Sighting {
	return Sighting{At: now, Kind: k, User: a.user.user, Client: a.client, Relay: a.session.Relay}
}

func (a *allocation) totals(now time.Time, k Kind) Sighting {
	s := a.sighting(now, k)
	s.Sent, s.Received = a.session.Sent, a.session.Received
	return s
}

func (c *Core) sawAllocation(now time.Time, a *allocation) {
	if !c.watched(a) {
		return
	}
	for _, r := range a.relays {
		if r.public.IsValid() {
			s := a.sighting(now, SawAllocation)
			s.Relay = r.public
			c.saw(s)
		}
	}
}

// sawPeer tells of a permission or a channel.
func (c *Core) sawPeer(now time.Time, a *allocation, k Kind, peer netip.AddrPort) {
	if !c.watched(a) {
		return
	}
	s := a.sighting(now, k)
	s.Peer = peer
	c.saw(s)
}

// sawDropped tells of data that may not go to the peer, once between two ticks.
func (c *Core) sawDropped(now time.Time, a *allocation, peer netip.AddrPort, reason string) {
	if !c.watched(a) || a.dropTold {
		return
	}
	a.dropTold = true
	c.untold[a] = struct{}{}
	s := a.sighting(now, SawRefusedPeer)
	s.Peer, s.Reason = peer, reason
	c.saw(s)
}

// sawTraffic tells of the first packet of a way at once, and of the others with the next tick.
func (c *Core) sawTraffic(now time.Time, a *allocation, first bool) {
	switch {
	case !c.watched(a):
	case first:
		c.saw(a.totals(now, SawTraffic))
	default:
		a.relayed = true
		c.untold[a] = struct{}{}
	}
}

// tellTraffic tells of what watched allocations have relayed since the last tick.
func (c *Core) tellTraffic(now time.Time) {
	for a := range c.untold {
		if a.relayed && c.watched(a) {
			c.saw(a.totals(now, SawTraffic))
		}
		a.relayed, a.dropTold = false, false
	}
	clear(c.untold)
}

func (c *Core) sawEnd(now time.Time, a *allocation) {
	delete(c.untold, a)
	if c.watched(a) {
		s := a.totals(now, SawEnd)
		s.Reason = a.session.End.String()
		c.saw(s)
	}
}
