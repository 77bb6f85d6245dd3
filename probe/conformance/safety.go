package conformance

import (
	"net/netip"

	"github.com/pion/stun/v3"
)

// Peers that no server on the Internet should relay to, in every way to write them.
var unsafePeers = []struct {
	id, text string
	peers    []string
	ipv6     bool // needs an IPv6 allocation
}{
	{"safe-loopback", "loopback is refused as a peer", []string{"127.0.0.1", "127.0.0.2", "127.255.255.254"}, false},
	{"safe-unspecified", "0.0.0.0, which reaches loopback, is refused as a peer", []string{"0.0.0.0", "0.0.0.1"}, false},
	{"safe-private", "private networks, also those of carriers, are refused as peers", []string{"10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1"}, false},
	{"safe-link-local", "link-local, where clouds keep metadata, is refused as a peer", []string{"169.254.169.254", "169.254.0.1"}, false},
	{"safe-multicast", "multicast and broadcast are refused as peers", []string{"224.0.0.1", "239.255.255.250", "255.255.255.255"}, false},
	{"safe-mapped", "such peers are refused as IPv4-mapped IPv6 addresses, too", []string{"::ffff:127.0.0.2", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::ffff:0.0.0.0"}, false},
	{"safe-ipv6", "loopback, link-local and local IPv6 addresses are refused as peers", []string{"::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1"}, true},
	{"safe-embedded", "IPv6 addresses that carry such an IPv4 address are refused as peers", []string{"64:ff9b::7f00:2", "2002:7f00:2::", "::127.0.0.2", "::ffff:0:7f00:2", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::"}, true},
}

func (t *table) peers() {
	for _, group := range unsafePeers {
		t.add(group.id, "", Should, group.text, func(s *session) Verdict {
			a := s.allocatedFor(group.ipv6)
			for _, text := range group.peers {
				peer := netip.AddrPortFrom(netip.MustParseAddr(text), 9999)
				if s.isOurs(a, peer.Addr()) {
					continue
				}
				switch r := s.call(a, stun.MethodCreatePermission, peerAddress(peer)); {
				case r.success():
					return failf("%s gets a permission", text)
				case r == nil:
					return failf("no answer for %s", text)
				}
			}
			return pass
		})
	}
	t.add("safe-own-port", "", Should, "the server's own STUN port cannot be reached through it", func(s *session) Verdict {
		a := s.allocated()
		if a.local().Addr() == s.at.Addr() && s.reachesUs().Outcome == Pass {
			return notTriedf("this client is on the server's host, and allowed as a peer")
		}
		if r := s.call(a, stun.MethodCreatePermission, peerAddress(s.at)); !r.success() {
			return pass
		}
		m := request(stun.MethodBinding)
		a.send(indication(stun.MethodSend, peerAddress(s.at), data(string(m.Raw))).Raw)
		d, ok := a.received(2 * s.silence())
		return when(!ok || len(d.data) < headerSize, "it answers")
	})
	t.add("safe-permissions", "", Should, "the permissions of an allocation have a limit, no more than 1000", func(s *session) Verdict {
		a := s.allocatedIPv4()
		const batch = 25
		for n := 0; n < 1000; n += batch {
			attrs := make([]stun.Setter, batch)
			for i := range attrs {
				attrs[i] = peerAddress(netip.AddrPortFrom(netip.AddrFrom4([4]byte{11, 0, byte((n + i) >> 8), byte(n + i)}), 9999))
			}
			r := s.call(a, stun.MethodCreatePermission, attrs...)
			switch {
			case n == 0 && r.code() == 403:
				return notTriedf("peers anywhere are refused")
			case r == nil:
				return failf("no answer after %d", n)
			case !r.success():
				return passf("%s after %d", r, n)
			}
		}
		return failf("there is none")
	})
}

// allocatedFor returns a client with an allocation for IPv6 peers, or for IPv4 peers.
func (s *session) allocatedFor(ipv6 bool) *client {
	if ipv6 {
		return s.allocatedIPv6()
	}
	return s.allocatedIPv4()
}

// isOurs tells whether an address is this client's own, or one of the server's: that they are let in may be somebody's intention.
func (s *session) isOurs(c *client, a netip.Addr) bool {
	a = a.Unmap()
	return a == c.local().Addr() || a == s.at.Addr() || len(c.relayed) > 0 && a == c.relayed[0].Addr()
}

// forbidden returns a peer that the server refuses; the clause ends if it refuses none.
func (s *session) forbidden(c *client) netip.AddrPort {
	for _, text := range []string{"127.0.0.2", "169.254.169.254", "10.0.0.1", "224.0.0.1", "0.0.0.0", "255.255.255.255"} {
		peer := netip.AddrPortFrom(netip.MustParseAddr(text), 9999)
		if r := s.call(c, stun.MethodCreatePermission, peerAddress(peer)); r != nil && !r.success() {
			return peer
		}
	}
	s.stopf("it forbids no peer")
	return netip.AddrPort{}
}

// maxAmplification is how many bytes a stranger may be answered for each that was sent in somebody else's name.
const maxAmplification = 3

func (t *table) strangers() {
	for _, v := range []struct {
		id, text string
		m        func() *stun.Message
	}{
		{"safe-amplify-allocate", "the answer to a stranger's Allocate is at most three times as long", func() *stun.Message {
			return request(stun.MethodAllocate, requestedTransport(protocolUDP))
		}},
		{"safe-amplify-binding", "the answer to a stranger's Binding is at most three times as long", func() *stun.Message { return request(stun.MethodBinding) }},
	} {
		t.add(v.id, "", Should, v.text, func(s *session) Verdict {
			m := v.m()
			r := s.ask(s.datagrams(), m)
			if r == nil {
				return failf("no answer")
			}
			factor := float64(len(r.Raw)) / float64(len(m.Raw))
			return firstOf(when(factor <= maxAmplification, "%.1f times", factor), passf("%.1f times", factor))
		})
	}
	t.add("safe-software", "", May, "a stranger is not told the server's version", func(s *session) Verdict {
		r := s.ask(s.client(), request(stun.MethodAllocate, requestedTransport(protocolUDP), room()))
		v, ok := r.get(stun.AttrSoftware)
		if ok {
			return failf("SOFTWARE %.40q", v)
		}
		return when(r != nil, "no answer")
	})
	t.add("safe-truncated", "", Should, "rubbish is not answered, and does not stop the server", func(s *session) Verdict {
		c := s.datagrams()
		whole := c.signed(stun.MethodAllocate, requestedTransport(protocolUDP), room()).Raw
		for n := 0; n < len(whole); n += 7 {
			c.send(whole[:n])
		}
		return s.silent(c, []byte("\x40\x00\xFF\xFF"))
	})
}
