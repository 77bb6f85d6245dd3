package conformance

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"slices"

	"github.com/pion/stun/v3"
)

func as(b []byte) [][]byte { return [][]byte{b} }

// onResponses changes what is a response to a request of a method; 0 is any.
func onResponses(method stun.Method, change func(*flow, *packet) []byte) mutation {
	return mutation{down: func(f *flow, p *packet) [][]byte {
		if p.m == nil || !isResponse(p.raw) || method != 0 && p.m.Type.Method != method {
			return as(p.raw)
		}
		if b := change(f, p); b != nil {
			return as(b)
		}
		return nil
	}}
}

// code answers one error where another would be right.
func code(from, to int) mutation {
	return onResponses(0, func(f *flow, p *packet) []byte {
		if p.code() != from {
			return p.raw
		}
		return f.edit(p, replace(stun.AttrErrorCode, errorCode(to)))
	})
}

func replace(t stun.AttrType, by ...stun.RawAttribute) func(stun.RawAttribute) []stun.RawAttribute {
	return func(a stun.RawAttribute) []stun.RawAttribute {
		if a.Type == t {
			return by
		}
		return []stun.RawAttribute{a}
	}
}

// refuse answers an error where a request was granted.
func refuse(method stun.Method, code int) mutation { return refuseFrom(method, code, 1) }

// refuseFrom does so from the nth answer on that a client gets to such requests.
func refuseFrom(method stun.Method, code, n int) mutation {
	return onResponses(method, func(f *flow, p *packet) []byte {
		if !p.success(method) || f.answers[method] < n {
			return p.raw
		}
		return f.build(p.m, stun.NewType(method, stun.ClassErrorResponse), []stun.RawAttribute{errorCode(code)}, false)
	})
}

// grant answers success where a request was refused, but for challenges.
func grant(method stun.Method) mutation {
	return onResponses(method, func(f *flow, p *packet) []byte {
		if c := p.code(); c == 0 || c == 401 || c == 438 {
			return p.raw
		}
		return f.build(p.m, stun.NewType(method, stun.ClassSuccessResponse), nil, false)
	})
}

// again refuses what has been answered before.
func again(code int) mutation {
	return onResponses(0, func(f *flow, p *packet) []byte {
		if f.seen[p.m.TransactionID] < 2 {
			return p.raw
		}
		return f.build(p.m, stun.NewType(p.m.Type.Method, stun.ClassErrorResponse), []stun.RawAttribute{errorCode(code)}, false)
	})
}

// mute answers a method no more.
func mute(method stun.Method) mutation {
	return onResponses(method, func(*flow, *packet) []byte { return nil })
}

// without drops an attribute from the answers to a method.
func without(method stun.Method, t stun.AttrType) mutation {
	return onResponses(method, func(f *flow, p *packet) []byte { return f.edit(p, replace(t)) })
}

// withoutOn does so for one error.
func withoutOn(code int, t stun.AttrType) mutation {
	return onResponses(0, func(f *flow, p *packet) []byte {
		if p.code() != code {
			return p.raw
		}
		return f.edit(p, replace(t))
	})
}

// unprotected takes the integrity from answers that have it: successes, or errors.
func unprotected(class stun.MessageClass) mutation {
	return onResponses(0, func(f *flow, p *packet) []byte {
		if p.m.Type.Class != class {
			return p.raw
		}
		return f.build(p.m, p.m.Type, unsigned(p.m), true)
	})
}

// set gives an attribute another value, in successes.
func set(method stun.Method, a stun.RawAttribute) mutation {
	return onResponses(method, func(f *flow, p *packet) []byte { return f.edit(p, replace(a.Type, a)) })
}

// add adds an attribute to answers: to errors of a code, or if that is 0, to successes.
func add(method stun.Method, to int, a stun.RawAttribute) mutation {
	return onResponses(method, func(f *flow, p *packet) []byte {
		if p.code() != to {
			return p.raw
		}
		return f.build(p.m, p.m.Type, append(unsigned(p.m), a), false)
	})
}

// relocated makes an XOR-…-ADDRESS of the answers to a method another one.
func relocated(method stun.Method, t stun.AttrType, change func(netip.AddrPort) netip.AddrPort) mutation {
	return onResponses(method, func(f *flow, p *packet) []byte { return relocate(f, p, t, change) })
}

func relocate(f *flow, p *packet, t stun.AttrType, change func(netip.AddrPort) netip.AddrPort) []byte {
	return f.edit(p, func(a stun.RawAttribute) []stun.RawAttribute {
		if a.Type == t {
			was, _ := address(a.Value, p.m.TransactionID, true)
			a = encodeAddress(t, change(was), p.m.TransactionID)
		}
		return []stun.RawAttribute{a}
	})
}

func nextPort(a netip.AddrPort) netip.AddrPort { return netip.AddrPortFrom(a.Addr(), a.Port()+1) }

func to(text string) func(netip.AddrPort) netip.AddrPort {
	return func(netip.AddrPort) netip.AddrPort { return netip.MustParseAddrPort(text) }
}

// chatter answers whatever comes, and at once.
var chatter = mutation{up: func(f *flow, p *packet) [][]byte {
	f.toClient(newMessage(stun.NewType(stun.MethodBinding, stun.ClassSuccessResponse)).Raw)
	return as(p.raw)
}}

// isProbe tells whether data is that by which the suite finds a way to have peers at all; that is left alone.
func isProbe(p *packet) bool { return bytes.Contains(p.raw, []byte("probe")) }

// hold keeps all data from clients.
var hold = mutation{down: func(_ *flow, p *packet) [][]byte {
	if isData(p) && !isProbe(p) {
		return nil
	}
	return as(p.raw)
}}

func isData(p *packet) bool {
	return p.m == nil && p.raw[0]>>6 == 1 || p.m != nil && p.m.Type == stun.NewType(stun.MethodData, stun.ClassIndication)
}

// deaf keeps all data from the server.
var deaf = mutation{up: func(_ *flow, p *packet) [][]byte {
	if (p.m == nil || p.m.Type.Method == stun.MethodSend) && !isProbe(p) {
		return nil
	}
	return as(p.raw)
}}

// leak relays data to everybody, whatever the server does.
var leak = mutation{up: func(f *flow, p *packet) [][]byte {
	payload := []byte(nil)
	switch {
	case p.m == nil && len(p.raw) >= 4:
		payload = p.raw[4:min(len(p.raw), 4+int(binary.BigEndian.Uint16(p.raw[2:])))]
	case p.m != nil && p.m.Type.Method == stun.MethodSend:
		a, _ := p.m.Attributes.Get(stun.AttrData)
		payload = a.Value
	default:
		return as(p.raw)
	}
	for _, other := range f.p.flows {
		if other != f && !other.rawDown {
			other.toClient(indication(stun.MethodData, peerAddress(farIPv4), attr(stun.AttrData, payload...)).Raw)
		}
	}
	return as(p.raw)
}}

// onData changes Data indications.
func onData(change func(*flow, *packet) []byte) mutation {
	return mutation{down: func(f *flow, p *packet) [][]byte {
		if p.m != nil && isData(p) && !isProbe(p) {
			return as(change(f, p))
		}
		return as(p.raw)
	}}
}

// believe counts what follows the integrity, as if it were part of the request.
var believe = mutation{up: func(f *flow, p *packet) [][]byte {
	if p.m == nil || p.m.Type.Class != stun.ClassRequest || !p.m.Contains(stun.AttrUsername) {
		return as(p.raw)
	}
	return as(f.build(p.m, p.m.Type, unsigned(p.m), false))
}}

// dirty fills the padding of answers and Data indications.
var dirty = mutation{down: func(_ *flow, p *packet) [][]byte {
	if p.m == nil || p.m.Contains(stun.AttrMessageIntegrity) {
		return as(p.raw)
	}
	raw := bytes.Clone(p.raw)
	for at := headerSize; at+4 <= len(raw); {
		end := at + 4 + int(binary.BigEndian.Uint16(raw[at+2:]))
		next := (end + 3) &^ 3
		for i := end; i < next && i < len(raw); i++ {
			raw[i] = 0x20
		}
		at = next
	}
	return as(raw)
}}

// flip changes the last byte of answers.
var flip = onResponses(0, func(_ *flow, p *packet) []byte {
	raw := bytes.Clone(p.raw)
	raw[len(raw)-1] ^= 1
	return raw
})

// forever refuses every request by 438.
var forever = onResponses(stun.MethodAllocate, func(f *flow, p *packet) []byte {
	if p.code() == 401 {
		return p.raw
	}
	return f.build(p.m, stun.NewType(stun.MethodAllocate, stun.ClassErrorResponse),
		[]stun.RawAttribute{errorCode(438), attr(stun.AttrRealm, 'x'), attr(stun.AttrNonce, 'y')}, true)
})

// otherMethod answers as if something else had been asked.
var otherMethod = onResponses(stun.MethodBinding, func(f *flow, p *packet) []byte {
	return f.build(p.m, stun.NewType(stun.MethodRefresh, p.m.Type.Class), unsigned(p.m), false)
})

// renumber brings data on another channel.
var renumber = mutation{down: func(_ *flow, p *packet) [][]byte {
	if p.m == nil && isData(p) {
		raw := bytes.Clone(p.raw)
		binary.BigEndian.PutUint16(raw, channelOf(raw)^1)
		return as(raw)
	}
	return as(p.raw)
}}

// unpadded leaves the padding of ChannelData out.
var unpadded = mutation{down: func(_ *flow, p *packet) [][]byte {
	if p.m == nil && isData(p) {
		return as(p.raw[:4+int(binary.BigEndian.Uint16(p.raw[2:]))])
	}
	return as(p.raw)
}}

// overlong takes the padding of ChannelData for data.
var overlong = mutation{up: func(_ *flow, p *packet) [][]byte {
	if p.m == nil && p.raw[0]>>6 == 1 {
		raw := bytes.Clone(p.raw)
		binary.BigEndian.PutUint16(raw[2:], uint16(len(raw)-4))
		return as(raw)
	}
	return as(p.raw)
}}

// immortal never lets an allocation be deleted.
var immortal = mutation{up: func(f *flow, p *packet) [][]byte {
	if p.m == nil || p.m.Type.Method != stun.MethodRefresh || !p.m.Contains(stun.AttrLifetime) {
		return as(p.raw)
	}
	return as(f.edit(p, replace(stun.AttrLifetime)))
}, down: func(f *flow, p *packet) [][]byte {
	if !p.success(stun.MethodRefresh) {
		return as(p.raw)
	}
	return as(f.edit(p, replace(stun.AttrLifetime, lifetime(0))))
}}

// inventICMP tells of an ICMP error for whatever is sent.
var inventICMP = mutation{up: func(f *flow, p *packet) [][]byte {
	if p.m != nil && p.m.Type.Method == stun.MethodSend {
		v, _ := p.m.Attributes.Get(stun.AttrXORPeerAddress)
		at, _ := address(v.Value, p.m.TransactionID, true)
		f.toClient(indication(stun.MethodData, peerAddress(at), attr(attrICMP, 0, 0, 6, 3, 0, 0, 0, 0)).Raw)
	}
	return as(p.raw)
}}

// inventAttempt tells of a connection that nobody made.
var inventAttempt = mutation{down: func(_ *flow, p *packet) [][]byte {
	if p.success(stun.MethodAllocate) {
		return [][]byte{p.raw, indication(stun.MethodConnectionAttempt, peerAddress(farIPv4), attr(stun.AttrConnectionID, 1, 2, 3, 4)).Raw}
	}
	return as(p.raw)
}}

// inventAnswer relays what is meant for the server itself, and its answer.
var inventAnswer = mutation{up: func(f *flow, p *packet) [][]byte {
	if p.m != nil && p.m.Type.Method == stun.MethodSend {
		f.toClient(indication(stun.MethodData, peerAddress(farIPv4), attr(stun.AttrData, make([]byte, 32)...)).Raw)
	}
	return as(p.raw)
}, down: grant(stun.MethodCreatePermission).down}

// drop drops an indication of a method.
func drop(method stun.Method) mutation {
	return mutation{down: func(_ *flow, p *packet) [][]byte {
		if p.m != nil && p.m.Type == stun.NewType(method, stun.ClassIndication) {
			return nil
		}
		return as(p.raw)
	}}
}

// swallow takes all bytes out of data connections, in one direction.
func swallow(up bool) mutation {
	return mutation{raw: func(isUp bool, b []byte) []byte {
		if isUp == up {
			return nil
		}
		return b
	}}
}

// cut shortens an attribute's value.
func cut(t stun.AttrType, n int) mutation {
	return onResponses(0, func(f *flow, p *packet) []byte {
		return f.edit(p, func(a stun.RawAttribute) []stun.RawAttribute {
			if a.Type == t {
				a.Value = a.Value[:min(n, len(a.Value))]
			}
			return []stun.RawAttribute{a}
		})
	})
}

// cookieless puts something else behind obMatJos2.
var cookieless = onResponses(0, func(f *flow, p *packet) []byte {
	return f.edit(p, func(a stun.RawAttribute) []stun.RawAttribute {
		if a.Type == stun.AttrNonce && bytes.HasPrefix(a.Value, []byte(nonceCookie)) {
			a.Value = slices.Replace(bytes.Clone(a.Value), 9, 13, []byte("????")...)
		}
		return []stun.RawAttribute{a}
	})
})

// stuck reads what is not STUN, and then answers nothing, but keeps the connection.
var stuck = mutation{up: func(f *flow, p *packet) [][]byte {
	if p.m == nil {
		return nil
	}
	return as(p.raw)
}, down: mute(stun.MethodBinding).down}

// elsewhereTCP says that TCP relays are somewhere else.
var elsewhereTCP = onResponses(stun.MethodAllocate, func(f *flow, p *packet) []byte {
	if p.req == nil || must(p.req.Get(stun.AttrRequestedTransport))[0] != protocolTCP {
		return p.raw
	}
	return relocate(f, p, stun.AttrXORRelayedAddress, nextPort)
})

func must(v []byte, _ error) []byte { return v }

// ignore takes an attribute from requests, as if nobody had read it.
func ignore(t stun.AttrType) mutation {
	return mutation{up: func(f *flow, p *packet) [][]byte {
		if p.m == nil || !p.m.Contains(t) {
			return as(p.raw)
		}
		return as(f.edit(p, replace(t)))
	}}
}

// deserted answers nothing at the other addresses.
var deserted = mutation{up: func(f *flow, p *packet) [][]byte {
	if p.via != &f.p.fronts[0] {
		return nil
	}
	return as(p.raw)
}}
