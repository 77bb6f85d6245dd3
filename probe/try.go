package probe

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/stun/v3"
)

// offer is one side of an ICE agent, all its candidates with it.
type offer struct {
	Ufrag      string   `json:"ufrag"`
	Pwd        string   `json:"pwd"`
	Candidates []string `json:"candidates"`
}

// maxCandidates of the other side are tried; the rest is somebody's joke.
const maxCandidates = 40

// try is one ICE agent, for one way. Its reader ends when the agent is closed, which close waits for.
type try struct {
	Sides
	agent      *ice.Agent
	bulk       bool // throughput is measured, too
	candidates []ice.Candidate
	reading    sync.WaitGroup
	tally      tally
}

// gather makes an agent with the candidates of one kind. Where there are none, it is an agent nevertheless, or none at all.
func (p *pairing) gather(ctx context.Context, way string) *try {
	t := &try{bulk: way == "all"}
	kinds := []ice.CandidateType{ice.CandidateTypeHost, ice.CandidateTypeServerReflexive, ice.CandidateTypeRelay}
	switch {
	case way == "host":
		kinds = kinds[:1]
	case way == "reflexive":
		kinds = kinds[1:2]
	case way != "all":
		kinds = kinds[2:]
	}
	agent, err := ice.NewAgentWithOptions(ice.WithUrls(p.urlsFor(way)), ice.WithCandidateTypes(kinds), ice.WithNetworkTypes([]ice.NetworkType{ice.NetworkTypeUDP4, ice.NetworkTypeUDP6}),
		ice.WithMulticastDNSMode(ice.MulticastDNSModeDisabled), ice.WithSTUNGatherTimeout(2*time.Second), ice.WithLoggerFactory(quiet{}))
	if err != nil {
		return t
	}
	t.agent = agent
	done := make(chan struct{})
	var mu sync.Mutex
	err = agent.OnCandidate(func(c ice.Candidate) {
		mu.Lock()
		defer mu.Unlock()
		if c == nil {
			close(done)
		} else if slices.Contains(kinds, c.Type()) {
			t.candidates = append(t.candidates, c)
		}
	})
	if err == nil {
		err = agent.GatherCandidates()
	}
	if err != nil {
		return t
	}
	select {
	case <-done:
	case <-time.After(gatherLimit):
	case <-ctx.Done():
	}
	mu.Lock()
	defer mu.Unlock()
	t.candidates = slices.Clone(t.candidates)
	t.Offered = len(t.candidates)
	return t
}

// urlsFor are the URLs that a way takes. Whoever relays over UDP also says how he sees us.
func (p *pairing) urlsFor(way string) (list []*stun.URI) {
	for _, t := range p.urls {
		over := "relay-" + strings.ToLower(string(t.via))
		if t.relay && (way == over || way == "all") {
			if uri, err := stun.ParseURI(t.url); err == nil {
				uri.Username, uri.Password = t.user.username, t.user.password
				list = append(list, uri)
			}
		}
		if t.via == UDP && (way == "reflexive" || way == "all") {
			if uri, err := stun.ParseURI("stun:" + hostPort(t.host, t.port)); err == nil {
				list = append(list, uri)
			}
		}
	}
	return list
}

func (t *try) close() {
	if t.agent != nil {
		_ = t.agent.Close()
	}
	t.reading.Wait()
}

func (t *try) offer() (o offer) {
	if t.agent == nil {
		return o
	}
	o.Ufrag, o.Pwd, _ = t.agent.GetLocalUserCredentials()
	for _, c := range t.candidates {
		o.Candidates = append(o.Candidates, c.Marshal())
	}
	return o
}

// connect pairs with the other side's candidates, and measures.
func (t *try) connect(ctx context.Context, theirs offer, leads bool) {
	if t.agent == nil || len(t.candidates) == 0 || len(theirs.Candidates) == 0 {
		return
	}
	for _, text := range theirs.Candidates[:min(len(theirs.Candidates), maxCandidates)] {
		if c, err := ice.UnmarshalCandidate(text); err == nil && !strings.HasSuffix(c.Address(), ".local") {
			_ = t.agent.AddRemoteCandidate(c)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, pairLimit)
	defer cancel()
	pair := t.agent.Accept
	if leads {
		pair = t.agent.Dial
	}
	conn, err := pair(ctx, theirs.Ufrag, theirs.Pwd)
	if err != nil {
		return
	}
	t.Connected = true
	t.measure(ctx, conn)
	if chosen, err := t.agent.GetSelectedCandidatePair(); err == nil && chosen != nil {
		t.Local, t.Remote = kindOf(chosen.Local), kindOf(chosen.Remote)
	}
}

// bounded is what the other side says of itself, fit to be shown.
func (s Sides) bounded() Sides {
	s.Local, s.Remote = printable(s.Local), printable(s.Remote)
	s.Loss = max(0, min(s.Loss, 100))
	s.Throughput = max(0, min(s.Throughput, 1e12))
	return s
}

// kindOf is the word of a candidate's type and transport.
func kindOf(c ice.Candidate) string {
	text := c.Type().String()
	if c.Type() == ice.CandidateTypeRelay {
		if r, ok := c.(interface{ RelayProtocol() string }); ok && r.RelayProtocol() != "" {
			text += "/" + r.RelayProtocol()
		}
	}
	return fmt.Sprintf("%s %s:%d", text, c.Address(), c.Port())
}
