// Package probe tests STUN and TURN servers from here, and says in a sentence why one is of no use, if it is not.
//
// Run visits each URL in each address family that its name has: resolve, connect, Binding, Allocate, and two allocations that exchange packets. What
// was seen is kept as Facts, and a pure function makes the verdict of them, first of one server alone, then in the light of the others. Beside
// that it finds out how the NAT in front of this host maps and filters, as far as the servers that were named let it.
//
// RunPeer does the same between two networks: two terminals meet through the signaling of a turnpike, and run ICE by each way alone and as a call would.
//
// Everything that is started for a run is waited for before it returns: a goroutine for each visit, one for the NAT, and for each client one
// that reads; one for each way between two networks, and two for a signaling session. A mutex in prober guards the progress line, and one in each client what its reader shares; neither is held while waiting.
// Servers may send what they like: what nobody waits for is dropped, nothing is kept, and time is bounded by Limit.
package probe

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	// Limit is how long a run takes at most.
	Limit = 30 * time.Second

	// maxVisits bounds how many servers are tested in one run.
	maxVisits = 16

	// ttl is how long the credentials last that are made here.
	ttl = 10 * time.Minute

	// atOnce is how many visits have allocations at the same time, two each.
	atOnce = 2
)

// Options say what to test, and how.
type Options struct {
	URLs       []string // of RFC 7064 and RFC 7065, or a host with or without a port
	User, Pass string
	Secret     string // signs time-limited credentials; User is then their user part
	ICE        string // where to fetch URLs and credentials: https, or http on loopback
	Token      string // shown to whoever is asked by ICE
	Via        string // one more STUN server, to see how the NAT maps
	Security   bool
	Rate       float64 // bits per second that are tried at most; 0 is 2 Mbit/s, negative: none

	// Progress is told what is being done, by one goroutine at a time; it may be nil.
	Progress func(text string)

	now func() time.Time // for tests; nil is time.Now
}

func (o Options) clock() time.Time {
	if o.now != nil {
		return o.now()
	}
	return time.Now()
}

type prober struct {
	Options
	allocating chan struct{}
	secured    sync.Map     // hosts whose security is being tested
	sight      *secondSight // nil where the server tells nothing

	mu   sync.Mutex // of Progress
	wait sync.WaitGroup
}

// Run tests. The error is about the options; what the servers do is in the report.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.Rate == 0 {
		o.Rate = 2e6
	}
	if len(o.URLs) == 0 && o.ICE == "" {
		return nil, errors.New("no server to test")
	}
	p := &prober{Options: o, allocating: make(chan struct{}, atOnce)}
	rep := &Report{Began: time.Now()}
	targets, err := p.targets()
	if err != nil {
		return nil, err
	}
	asked := ctx
	ctx, cancel := bounded(asked)
	defer cancel()
	if o.ICE != "" {
		fetched, problem, err := p.fetchICE(ctx, rep)
		if err != nil {
			return nil, err
		}
		if problem != nil {
			rep.Verdict = *problem
			rep.Took = time.Since(rep.Began)
			return rep, nil
		}
		if p.sight = look(ctx, o.ICE, o.Token); p.sight != nil {
			fetched = p.sight.targets
		}
		targets = mergeTargets(targets, fetched)
	}
	p.visitAll(ctx, rep, targets)
	if p.sight != nil {
		rep.join(p.sight.close(ctx))
	}
	rep.conclude(asked.Err() != nil)
	rep.Took = time.Since(rep.Began)
	return rep, nil
}

// bounded is a context that ends with another one, or when a run's time is over; its cause is context.Canceled, whatever that of the other, or errSilent.
func bounded(asked context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(asked))
	stop := context.AfterFunc(asked, func() { cancel(context.Canceled) })
	ctx, end := context.WithTimeoutCause(ctx, Limit-time.Second, errSilent)
	return ctx, func() {
		stop()
		end()
		cancel(nil)
	}
}

// targets are those that the options name, with their credentials.
func (p *prober) targets() (list []target, err error) {
	switch {
	case p.Secret != "" && p.Pass != "":
		return nil, errors.New("either a password or a secret, not both")
	case p.User != "" && p.Pass == "" && p.Secret == "":
		return nil, errors.New("a user needs a password, or the secret that signs it")
	case p.Pass != "" && p.User == "":
		return nil, errors.New("whose password is it? say -user")
	case len(p.URLs) > maxVisits:
		return nil, fmt.Errorf("%d servers are more than the %d that one run tests", len(p.URLs), maxVisits)
	}
	user := credentials{p.User, p.Pass}
	if p.Secret != "" {
		user = signed(p.Secret, p.User, p.clock().Add(ttl))
	}
	for _, text := range p.URLs {
		parsed, err := parseURL(text)
		if err != nil {
			return nil, err
		}
		for _, t := range parsed {
			t.user = user
			list = append(list, t)
		}
	}
	if p.Via != "" {
		via, err := parseURL(p.Via)
		if err != nil {
			return nil, err
		}
		if via[0].via != UDP {
			return nil, fmt.Errorf("%q: a mapping is seen over UDP only; name stun:HOST", p.Via)
		}
	}
	return list, nil
}

func (p *prober) tell(text string) {
	if p.Progress == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Progress(text)
}

// visitAll fills the report. Names are resolved first, since a name may have two families.
func (p *prober) visitAll(ctx context.Context, rep *Report, targets []target) {
	resolved := p.resolveAll(ctx, targets)
	var visits []*visit
	for _, t := range targets {
		for _, v := range p.plan(t, resolved[t.host]) {
			if len(visits) < maxVisits {
				visits = append(visits, v)
			}
		}
	}
	for _, v := range visits {
		rep.Servers = append(rep.Servers, v.server)
		if v.server.Address.IsValid() {
			p.wait.Go(func() { v.at(ctx, v.server.Address) })
		}
	}
	p.wait.Go(func() { rep.NAT = p.behind(ctx, visits) })
	p.wait.Wait()
	for _, v := range visits {
		v.facts.Mapped = v.server.Mapped.Addr()
		v.server.facts = *v.facts
	}
}

func joined[T fmt.Stringer](list []T) (text string) {
	for i, a := range list {
		if i > 0 {
			text += ", "
		}
		text += a.String()
	}
	return text
}

func mergeTargets(named, fetched []target) []target {
	if len(named) == 0 {
		return fetched
	}
	for i := range named {
		if named[i].user.username == "" && len(fetched) > 0 {
			named[i].user, named[i].clock = fetched[len(fetched)-1].user, fetched[len(fetched)-1].clock
		}
	}
	return named
}
