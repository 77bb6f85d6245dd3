package probe

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/pion/stun/v3"
)

// A NAT is how the network in front of this host behaves (RFC 4787, RFC 5780), as far as the servers that were named let it be seen.
type NAT struct {
	Local     netip.AddrPort `json:"local"`
	Mapped    netip.AddrPort `json:"mapped,omitzero"`
	Mapping   string         `json:"mapping"`   // none, endpoint-independent, address-dependent, address-and-port-dependent, unknown
	Filtering string         `json:"filtering"` // the same words
	Hairpin   string         `json:"hairpin"`   // yes, no, unknown
	Seen      []Sight        `json:"seen"`      // one socket, as each server saw it
	Notes     []string       `json:"notes,omitempty"`
	Verdict   *Verdict       `json:"verdict,omitempty"`
}

// Sight is how one address saw our socket.
type Sight struct {
	Server netip.AddrPort `json:"server"`
	Mapped netip.AddrPort `json:"mapped"`
}

const (
	none       = "none"
	unknown    = "unknown"
	endpoint   = "endpoint-independent"
	address1   = "address-dependent"
	addressAnd = "address-and-port-dependent"
	portSame   = "endpoint-independent or address-dependent" // one address of the server is not enough to say
)

// CHANGE-REQUEST flags (RFC 5780 §7.2).
const (
	changeIP   = 4
	changePort = 2
)

// behind looks at the NAT of the family of the first server that is asked over UDP; nil where none is.
func (p *prober) behind(ctx context.Context, visits []*visit) *NAT {
	servers := p.observers(ctx, visits)
	if len(servers) == 0 {
		return nil
	}
	o, err := newObserver(servers[0].Addr())
	if err != nil {
		return nil
	}
	defer o.close()
	p.tell("how the NAT maps")
	n := &NAT{Local: o.local(), Mapping: unknown, Filtering: unknown, Hairpin: unknown}
	// The port above is by custom the server's other one, and the same server has been named.
	asked := slices.Clone(servers)
	for _, at := range servers {
		if at.Port() < 1<<16-1 {
			asked = append(asked, netip.AddrPortFrom(at.Addr(), at.Port()+1))
		}
	}
	asked = slices.Compact(asked)
	seen, answers := o.mapped(ctx, asked)
	var other, primary netip.AddrPort
	for i, h := range answers {
		if a := address(h.Message, stun.AttrOtherAddress, false); a.IsValid() && slices.Contains(servers, seen[i].Server) {
			other, primary = a, seen[i].Server
		}
	}
	if other.IsValid() && other.Addr() != primary.Addr() && other.Addr().Is4() == primary.Addr().Is4() {
		more, _ := o.mapped(ctx, []netip.AddrPort{netip.AddrPortFrom(other.Addr(), primary.Port()), other})
		seen = append(seen, more...)
	}
	if len(seen) == 0 {
		return nil
	}
	n.Seen = sorted(seen)
	n.Mapped = n.Seen[0].Mapped
	n.Mapping = mapping(n.Local, n.Seen)
	n.Filtering = p.filtering(ctx, o.local().Addr(), servers[0], primary)
	n.Hairpin = p.hairpin(ctx, o, servers[0])
	n.conclude()
	return n
}

// observers are the addresses that are asked over UDP, of one family.
func (p *prober) observers(ctx context.Context, visits []*visit) (list []netip.AddrPort) {
	add := func(at netip.AddrPort) {
		if at.IsValid() && !slices.Contains(list, at) && (len(list) == 0 || list[0].Addr().Is4() == at.Addr().Is4()) {
			list = append(list, at)
		}
	}
	for _, v := range visits {
		if v.target.via == UDP {
			add(v.server.Address)
		}
	}
	if p.sight != nil {
		for _, t := range p.sight.discovery {
			for _, a := range p.resolve(ctx, t.host).addrs {
				add(netip.AddrPortFrom(a, t.port))
			}
		}
	}
	if p.Via != "" {
		via, err := parseURL(p.Via)
		if err == nil {
			for _, a := range p.resolve(ctx, via[0].host).addrs {
				add(netip.AddrPortFrom(a, via[0].port))
			}
		}
	}
	return list
}

// mapping names the behaviour of RFC 4787 §4.1 by what the servers saw.
func mapping(local netip.AddrPort, seen []Sight) string {
	byAddress := make(map[netip.Addr]netip.AddrPort)
	ports, addresses, samePort := 0, 0, true
	for _, s := range seen {
		before, again := byAddress[s.Server.Addr()]
		switch {
		case !again:
			byAddress[s.Server.Addr()] = s.Mapped
		case before != s.Mapped:
			return addressAnd
		default:
			ports++
		}
	}
	first := seen[0].Mapped
	for _, mapped := range byAddress {
		addresses++
		samePort = samePort && mapped == first
	}
	switch {
	case samePort && first == local:
		return none
	case addresses > 1 && samePort:
		return endpoint
	case addresses > 1 && ports > 0:
		return address1
	case addresses > 1:
		return addressAnd // or address-dependent: for a call it is the same
	case ports > 0:
		return portSame
	}
	return unknown
}

// filtering asks for answers from where nothing was sent to (RFC 5780 §4.4). Each socket is new, so that nothing is open yet.
func (p *prober) filtering(ctx context.Context, local netip.Addr, server, full netip.AddrPort) string {
	p.tell("how the NAT filters")
	try := func(at netip.AddrPort, flags byte) (heard, bool) {
		o, err := newObserver(local)
		if err != nil {
			return heard{}, false
		}
		defer o.close()
		h, ok := o.ask(ctx, at, request(stun.MethodBinding, attr(stun.AttrChangeRequest, 0, 0, 0, flags)))
		return h, ok && h.Type.Class == stun.ClassSuccessResponse
	}
	if !full.IsValid() {
		h, ok := try(server, changePort)
		switch {
		case ok && h.from.Port() != server.Port():
			return portSame
		case h.Message == nil:
			// It may not know the question, and be silent for that.
		}
		return unknown
	}
	if _, ok := try(full, changeIP|changePort); ok {
		return endpoint
	}
	if _, ok := try(full, changePort); ok {
		return address1
	}
	return addressAnd
}

// hairpin sends from another socket to our own public address.
func (p *prober) hairpin(ctx context.Context, o *observer, server netip.AddrPort) string {
	other, err := newObserver(server.Addr())
	if err != nil {
		return unknown
	}
	defer other.close()
	h, ok := other.ask(ctx, server, request(stun.MethodBinding))
	if !ok {
		return unknown
	}
	target := mappedAddress(h.Message)
	if !target.IsValid() || target == other.local() {
		return unknown // no NAT to turn anything around
	}
	// A message that other waits for arrives there, if anything does.
	m := request(stun.MethodBinding)
	got := make(chan heard, 1)
	other.mu.Lock()
	other.waiting[m.TransactionID] = got
	other.mu.Unlock()
	for range 3 {
		_, _ = o.conn.WriteToUDPAddrPort(m.Raw, target)
		select {
		case <-got:
			return "yes"
		case <-time.After(250 * time.Millisecond):
		case <-ctx.Done():
			return unknown
		}
	}
	return "no"
}

// carriers is the range of addresses between a provider's NAT and its customers (RFC 6598).
var carriers = netip.MustParsePrefix("100.64.0.0/10")

// conclude says what the behaviour means.
func (n *NAT) conclude() {
	switch n.Mapping {
	case none:
		n.Notes = append(n.Notes, "There is no NAT between here and the server.")
	case addressAnd:
		v := Say(Symmetric, Figures{})
		n.Verdict = &v
		n.Notes = append(n.Notes, v.Sentence)
	case endpoint:
		n.Notes = append(n.Notes, "Direct calls are possible to most other networks.")
	case portSame:
		n.Notes = append(n.Notes, "The server has one address only, so that no more can be told; -via stun:HOST names another.")
	}
	if carriers.Contains(n.Local.Addr()) || carriers.Contains(n.Mapped.Addr()) {
		n.Notes = append(n.Notes, "The provider has a NAT of its own (100.64.0.0/10).")
	}
	public := make(map[netip.Addr]bool)
	for _, s := range n.Seen {
		public[s.Mapped.Addr()] = true
	}
	if len(public) > 1 {
		n.Notes = append(n.Notes, fmt.Sprintf("This network has %d public addresses.", len(public)))
	}
}

func sorted(seen []Sight) []Sight {
	slices.SortFunc(seen, func(a, b Sight) int { return a.Server.Compare(b.Server) })
	return seen
}
