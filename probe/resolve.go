package probe

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// answer is what a name has.
type answer struct {
	addrs []netip.Addr
	err   error
	took  time.Duration
}

func (p *prober) resolveAll(ctx context.Context, targets []target) map[string]answer {
	var (
		mu     sync.Mutex
		wait   sync.WaitGroup
		result = make(map[string]answer)
	)
	begun := make(map[string]bool)
	for _, t := range targets {
		if begun[t.host] {
			continue
		}
		begun[t.host] = true
		wait.Go(func() {
			a := p.resolve(ctx, t.host)
			mu.Lock()
			defer mu.Unlock()
			result[t.host] = a
		})
	}
	wait.Wait()
	return result
}

func (p *prober) resolve(ctx context.Context, host string) (a answer) {
	if addr, err := netip.ParseAddr(host); err == nil {
		return answer{addrs: []netip.Addr{addr.Unmap()}}
	}
	p.tell("resolve " + host)
	ctx, cancel := context.WithTimeoutCause(ctx, stepLimit, errSilent)
	defer cancel()
	began := time.Now()
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	for _, addr := range addrs {
		if addr = addr.Unmap(); !slices.Contains(a.addrs, addr) {
			a.addrs = append(a.addrs, addr)
		}
	}
	a.err, a.took = err, time.Since(began)
	return a
}

// plan makes a visit for each family that the name and this host have in common, or one that says why there is none.
func (p *prober) plan(t target, a answer) (visits []*visit) {
	add := func(at netip.Addr) *visit {
		v := &visit{prober: p, target: t, server: &Server{URL: t.url, Transport: t.via, Resolved: a.addrs}, facts: &Facts{Host: t.host, Port: t.port, Via: t.via, Relay: t.relay, Credentials: t.user.username != ""}}
		if at.IsValid() {
			v.server.Address = netip.AddrPortFrom(at, t.port)
		}
		if expires, ok := t.user.expiry(); ok {
			v.facts.HasExpiry, v.facts.Expired, v.facts.Issuer = true, v.clock().Sub(expires), t.clock
		}
		step := Step{Name: "resolve", Result: OK, MS: millis(a.took), Text: joined(a.addrs)}
		if len(a.addrs) == 0 {
			step.Result, step.Text = Silent, "no address"
			if a.err != nil {
				step.Text = printable(a.err.Error())
			}
		}
		v.server.Steps = append(v.server.Steps, step)
		visits = append(visits, v)
		return v
	}
	for _, six := range []bool{false, true} {
		if i := slices.IndexFunc(a.addrs, func(a netip.Addr) bool { return a.Is6() == six }); i >= 0 && routable(a.addrs[i]) {
			add(a.addrs[i])
		}
	}
	switch {
	case len(visits) > 0:
	case len(a.addrs) == 0:
		add(netip.Addr{}).facts.NoAddress = true
	default:
		f := add(netip.Addr{}).facts
		f.Here, f.There = "IPv4", "IPv6"
		if a.addrs[0].Is4() {
			f.Here, f.There = "IPv6", "IPv4"
		}
		if !routable(netip.MustParseAddr("192.0.2.1")) && !routable(netip.MustParseAddr("2001:db8::1")) {
			f.Here = "no way out"
		}
	}
	return visits
}
