package conformance

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/pion/stun/v3"

	"turnpike/turnserver"
)

const (
	binding    = stun.MethodBinding
	allocate   = stun.MethodAllocate
	refresh    = stun.MethodRefresh
	permission = stun.MethodCreatePermission
	bind       = stun.MethodChannelBind
	connect    = stun.MethodConnect
	attach     = stun.MethodConnectionBind
)

var (
	software     = attr(stun.AttrSoftware, []byte(strings.Repeat("server ", 30))...)
	otherMapped  = func(m stun.Method) mutation { return relocated(m, stun.AttrXORMappedAddress, nextPort) }
	relayedTo    = func(at string) mutation { return relocated(allocate, stun.AttrXORRelayedAddress, to(at)) }
	fromSomebody = onData(func(f *flow, p *packet) []byte { return relocate(f, p, stun.AttrXORPeerAddress, nextPort) })
)

// mutations has for each clause what makes it fail.
var mutations = map[string]mutation{
	"stun-cookie":              mute(binding),
	"stun-first-bits":          chatter,
	"stun-short":               chatter,
	"stun-length-multiple":     chatter,
	"stun-length-beyond":       chatter,
	"stun-attribute-beyond":    chatter,
	"stun-method":              chatter,
	"stun-response-class":      chatter,
	"stun-indication":          chatter,
	"stun-indication-allocate": chatter,

	"binding":             refuse(binding, 500),
	"binding-mapped":      otherMapped(binding),
	"binding-transaction": otherMethod,
	"binding-source":      {source: true},

	"unknown-required":      code(420, 400),
	"unknown-listed":        without(binding, stun.AttrUnknownAttributes),
	"unknown-optional":      refuse(binding, 420),
	"unknown-authenticated": code(420, 400),
	"padding-zero":          dirty,
	"padding-ignored":       refuse(binding, 400),

	"fingerprint-wrong":    chatter,
	"fingerprint-accepted": refuse(binding, 400),
	"fingerprint-right":    flip,

	"stream-pieces":     refuse(binding, 400),
	"stream-together":   refuseFrom(binding, 400, 2),
	"stream-mapped":     otherMapped(binding),
	"stream-long-frame": stuck,

	"retransmission-binding":  again(500),
	"retransmission-allocate": again(437),
	"retransmission-delete":   again(437),

	"401-first":       code(401, 400),
	"401-realm-nonce": without(allocate, stun.AttrNonce),
	"401-refresh":     without(refresh, stun.AttrNonce),
	"401-bare":        add(allocate, 401, attr(stun.AttrUsername, 'a', 'b', 'c', 'd')),
	"400-username":    code(400, 401),
	"400-realm":       code(400, 401),
	"400-nonce":       code(400, 401),
	"400-bare":        add(allocate, 400, attr(stun.AttrRealm, 'x')),
	"wrong-password":  code(401, 400),
	"unknown-user":    code(401, 400),
	"right-password":  refuse(allocate, 401),

	"nonce-stale":     code(438, 401),
	"nonce-fresh":     forever,
	"nonce-different": set(allocate, attr(stun.AttrNonce, []byte("the same for everybody")...)),
	"nonce-bound":     code(438, 400),

	"integrity-success":     unprotected(stun.ClassSuccessResponse),
	"integrity-error":       unprotected(stun.ClassErrorResponse),
	"integrity-tampered":    code(401, 400),
	"integrity-end":         believe,
	"integrity-end-peer":    believe,
	"integrity-fingerprint": refuse(refresh, 400),

	"nonce-cookie":           cookieless,
	"algorithms-bit":         without(allocate, stun.AttrPasswordAlgorithms),
	"algorithms-well-formed": cut(stun.AttrPasswordAlgorithms, 6),
	"sha256":                 refuse(allocate, 401),
	"sha256-answer":          unprotected(stun.ClassSuccessResponse),
	"sha256-error":           unprotected(stun.ClassErrorResponse),
	"sha256-wrong":           code(401, 400),
	"sha256-end":             believe,
	"md5-still":              refuse(allocate, 400),
	"biddown-list":           code(400, 401),
	"biddown-missing":        code(400, 401),
	"biddown-unlisted":       code(400, 401),
	"biddown-cookie":         code(438, 400),
	"algorithms-438":         withoutOn(438, stun.AttrPasswordAlgorithms),
	"userhash":               refuse(allocate, 401),
	"userhash-unknown":       code(401, 400),

	"allocate":                refuse(allocate, 500),
	"allocate-relayed":        without(allocate, stun.AttrLifetime),
	"allocate-mapped":         otherMapped(allocate),
	"allocate-port":           relayedTo("192.0.2.1:1024"),
	"allocate-unicast":        relayedTo("0.0.0.0:50000"),
	"allocate-twice":          code(437, 486),
	"allocate-twice-harmless": refuse(refresh, 437),
	"transport-missing":       code(400, 442),
	"transport-malformed":     code(400, 442),
	"transport-unsupported":   code(442, 400),

	"lifetime-default": set(allocate, lifetime(300)),
	"lifetime-longer":  set(allocate, lifetime(600)),
	"lifetime-cap":     set(allocate, lifetime(7200)),
	"lifetime-floor":   set(allocate, lifetime(60)),

	"family-ipv4":            relayedTo("[2001:db8::1]:50000"),
	"family-asked-ipv4":      relayedTo("[2001:db8::1]:50000"),
	"family-asked-ipv6":      relayedTo("192.0.2.1:50000"),
	"family-unknown":         code(440, 508),
	"family-dual":            relayedTo("192.0.2.1:50000"),
	"family-dual-ipv4":       code(400, 440),
	"family-dual-requested":  code(400, 440),
	"family-dual-reserve":    code(400, 440),
	"family-refresh":         code(443, 400),
	"family-permission":      code(443, 403),
	"family-channel":         code(443, 403),
	"family-ipv6-data":       hold,
	"family-ipv6-permission": code(443, 403),

	"even-port":          relayedTo("192.0.2.1:50001"),
	"even-port-no-token": add(allocate, 0, attr(stun.AttrReservationToken, 1, 2, 3, 4, 5, 6, 7, 8)),
	"even-port-reserve":  cut(stun.AttrReservationToken, 4),
	"token":              relayedTo("192.0.2.1:50000"),
	"token-once":         grant(allocate),
	"token-unknown":      code(508, 404),
	"token-even-port":    code(400, 508),
	"token-family":       code(400, 508),

	"refresh":               without(refresh, stun.AttrLifetime),
	"refresh-delete":        immortal,
	"refresh-again":         immortal,
	"437-refresh":           code(437, 400),
	"437-permission":        code(437, 400),
	"437-channel":           code(437, 400),
	"no-allocation-send":    chatter,
	"no-allocation-channel": chatter,
	"441-refresh":           code(441, 401),
	"441-permission":        code(441, 401),

	"permission-peerless":    code(400, 403),
	"permission-malformed":   code(400, 403),
	"permission-403":         code(403, 400),
	"channel-403":            code(403, 400),
	"permission-all-or-none": leak,
	"permission-several":     hold,
	"permission-out":         leak,
	"permission-in":          leak,
	"permission-address":     hold,

	"send":          hold,
	"send-source":   fromSomebody,
	"send-socket":   deaf,
	"send-empty":    hold,
	"send-large":    onData(func(f *flow, p *packet) []byte { return f.edit(p, replace(stun.AttrData, data("less"))) }),
	"send-dataless": leak,
	"send-peerless": chatter,
	"send-unknown":  leak,
	"data":          hold,
	"data-form":     fromSomebody,
	"data-empty":    hold,
	"data-padding":  dirty,

	"channel-bind":         refuse(bind, 400),
	"channel-3FFF":         code(400, 403),
	"channel-0000":         code(400, 403),
	"channel-5000":         refuse(bind, 403),
	"channel-7FFF":         refuse(bind, 403),
	"channel-8000":         code(400, 403),
	"channel-FFFF":         code(400, 403),
	"channel-numberless":   code(400, 403),
	"channel-peerless":     code(400, 403),
	"channel-again":        refuseFrom(bind, 400, 2),
	"channel-other-peer":   grant(bind),
	"channel-other-number": grant(bind),
	"channel-permission":   hold,

	"channel-data-out":          deaf,
	"channel-data-in":           renumber,
	"channel-data-empty":        deaf,
	"channel-data-unpadded":     deaf,
	"channel-data-padded":       overlong,
	"channel-data-short":        leak,
	"channel-data-unbound":      leak,
	"channel-data-stream":       deaf,
	"channel-data-stream-in":    unpadded,
	"channel-data-stream-short": deaf,

	"dont-fragment":      refuse(allocate, 400),
	"dont-fragment-send": deaf,
	"icmp":               hold,
	"icmp-permission":    inventICMP,

	"tcp-allocate":          mute(connect),
	"tcp-over-udp":          code(400, 442),
	"tcp-even-port":         code(400, 442),
	"tcp-dont-fragment":     code(400, 442),
	"tcp-token":             code(400, 442),
	"tcp-connect":           without(connect, stun.AttrConnectionID),
	"tcp-connect-source":    elsewhereTCP,
	"tcp-bind":              refuse(attach, 400),
	"tcp-early-data":        swallow(false),
	"tcp-pipelined":         swallow(true),
	"tcp-connect-twice":     grant(connect),
	"tcp-connect-refused":   code(447, 446),
	"tcp-connect-forbidden": code(403, 447),
	"tcp-connect-peerless":  code(400, 403),
	"tcp-connect-437":       code(437, 400),
	"tcp-bind-unknown":      code(400, 437),
	"tcp-bind-missing":      code(400, 437),
	"tcp-attempt":           drop(stun.MethodConnectionAttempt),
	"tcp-attempt-denied":    inventAttempt,

	"change-unsupported": code(420, 400),
	"other-address":      set(binding, plainAddress(stun.AttrOtherAddress, netip.MustParseAddrPort("127.0.0.1:9"))),
	"response-origin":    set(binding, plainAddress(stun.AttrResponseOrigin, netip.MustParseAddrPort("127.0.0.1:9"))),
	"change-port":        ignore(stun.AttrChangeRequest),
	"change-address":     ignore(stun.AttrChangeRequest),
	"change-both":        ignore(stun.AttrChangeRequest),
	"other-answers":      deserted,
	"response-port":      ignore(stun.AttrResponsePort),

	"mobility":              cut(attrMobilityTicket, 0),
	"mobility-refresh":      refuse(refresh, 437),
	"mobility-new-ticket":   without(refresh, attrMobilityTicket),
	"mobility-data":         deaf,
	"mobility-wrong-ticket": grant(refresh),
	"mobility-filled":       code(400, 405),

	"safe-loopback":         grant(permission),
	"safe-unspecified":      grant(permission),
	"safe-private":          grant(permission),
	"safe-link-local":       grant(permission),
	"safe-multicast":        grant(permission),
	"safe-mapped":           grant(permission),
	"safe-ipv6":             grant(permission),
	"safe-embedded":         grant(permission),
	"safe-own-port":         inventAnswer,
	"safe-permissions":      grant(permission),
	"safe-amplify-allocate": add(allocate, 401, software),
	"safe-amplify-binding":  add(binding, 0, software),
	"safe-software":         add(allocate, 401, software),
	"safe-truncated":        chatter,
}

// overStreams are the clauses whose mutation would hide that the server has a stream at all, unless the URL says so.
var overStreams = map[string]bool{"stream-pieces": true, "stream-long-frame": true}

// A suite that passes whatever a server does is worth nothing: between it and a server that is right, each clause that can be tried there
// has to fail by what is done to it on the way, and pass if nothing is.
func TestEveryClauseFailsWhenItsMutationIsApplied(t *testing.T) {
	plain := newTurnpike(t, host(), nil)
	strict := newTurnpike(t, host(), func(c *turnserver.Config) { c.Peers.Allow = nil })
	anonymous := newTurnpike(t, host(), withUsers)
	discovering := newTurnpike(t, loopback, withDiscovery)
	through := func(c clause, m mutation) Verdict {
		o := Options{Secret: secret, only: c.ID}
		at, others := plain, []netip.AddrPort(nil)
		switch {
		case c.ID == "safe-own-port":
			at = strict
		case strings.HasPrefix(c.ID, "userhash"):
			at = anonymous
			o.Username, o.Password, o.Secret = "alice", usersPassword, ""
		case c.RFC == 5780 && c.ID != "change-unsupported":
			at = discovering
			others = []netip.AddrPort{netip.AddrPortFrom(loopback, at.Port()+1), netip.AddrPortFrom(secondLoopback, at.Port()), netip.AddrPortFrom(secondLoopback, at.Port()+1)}
		}
		network := "udp"
		if overStreams[c.ID] {
			network = "tcp"
		}
		o.URL = turnURL(newProxy(t, at, m, others...).at, network)
		return run(t, o).Results[0].Verdict
	}
	quick := slices.DeleteFunc(clauses(), func(c clause) bool { return c.slow }) // the others have TestWhatHasToBeWaitedFor
	atOnce(quick, func(c clause) (string, func(*testing.T)) {
		m, ok := mutations[c.ID]
		control, broken := through(c, mutation{}), through(c, m)
		return c.ID, func(t *testing.T) {
			if _, ok := host6(); control.Outcome == NotTried && !ok && strings.Contains(control.Why, "IPv6") {
				t.Skip("this host has no IPv6")
			}
			if control.Outcome != Pass && control.Outcome != Lenient {
				t.Errorf("%s though nothing is changed: %s", control.Outcome, control.Why)
			}
			if !ok {
				t.Error("has no mutation")
			}
			if broken.Outcome != Fail {
				t.Errorf("%s: %s %s, though it was broken", c.Text, broken.Outcome, broken.Why)
			}
		}
	})(t)
}
