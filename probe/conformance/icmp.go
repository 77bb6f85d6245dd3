package conformance

import (
	"encoding/binary"
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

func (t *table) icmp() {
	t.add("icmp", "11.5", Should, "an ICMP error for a peer comes as a Data indication with ICMP and without DATA", func(s *session) Verdict {
		p := s.socketOf()
		at := p.addr()
		p.conn.Close() // nobody listens there now
		a := s.allocated()
		s.permit(a, at)
		got := s.unreachable(a, at)
		return firstOf(when(got != nil, "nothing came"), when(len(got) == 8 && portUnreachable(got[2:4], at), "ICMP %X", got))
	})
	t.add("icmp-permission", "11.5", Must, "an ICMP error is told only for a peer that has a permission", func(s *session) Verdict {
		p := s.socketOf()
		at := p.addr()
		p.conn.Close()
		a := s.allocated()
		a.sendTo(at, "without permission")
		return when(s.icmpOf(a, at, s.silence()) == nil, "one came")
	})
}

// portUnreachable reads 7 bits of type and 9 of code (RFC 8656 §18.13).
func portUnreachable(typeAndCode []byte, at netip.AddrPort) bool {
	v := binary.BigEndian.Uint16(typeAndCode)
	if at.Addr().Is6() {
		return v == 1<<9|4
	}
	return v == 3<<9|3
}

// unreachable sends to where nobody is, until an ICMP attribute comes.
func (s *session) unreachable(a *client, at netip.AddrPort) []byte {
	for range 3 {
		a.sendTo(at, "is anybody there?")
		if v := s.icmpOf(a, at, 2*s.silence()); v != nil {
			return v
		}
	}
	return nil
}

// icmpOf returns the ICMP attribute of a Data indication about a peer.
func (s *session) icmpOf(a *client, at netip.AddrPort, wait time.Duration) (value []byte) {
	a.await(time.Now().Add(wait), func(f frame) bool {
		m := stun.New()
		if len(f.data) < headerSize || m.UnmarshalBinary(f.data) != nil || m.Type != stun.NewType(stun.MethodData, stun.ClassIndication) {
			return false
		}
		icmp, ok := m.Attributes.Get(attrICMP)
		from, _ := m.Attributes.Get(stun.AttrXORPeerAddress)
		peer, _ := address(from.Value, m.TransactionID, true)
		if ok && peer == at && !m.Contains(stun.AttrData) {
			value = append([]byte{}, icmp.Value...)
		}
		return value != nil
	})
	return value
}
