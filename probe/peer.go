package probe

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"
)

// PeerOptions say with whom to test, and through whose signaling.
type PeerOptions struct {
	Room     string
	Server   string // a URL of a turnpike: https, or http on loopback
	Token    string // shown to it
	Progress func(text string)
}

const (
	peerPatience = 5 * time.Minute // for the other side to come
	gatherLimit  = 4 * time.Second
	pairLimit    = 6 * time.Second
)

// ways are tried one by one, as the test page does.
var ways = []struct{ name, text string }{
	{"host", "direct, in one network"},
	{"reflexive", "direct, through the NATs"},
	{"relay-udp", "relay over UDP"},
	{"relay-tcp", "relay over TCP"},
	{"relay-tls", "relay over TLS"},
	{"all", "as a call would"},
}

// A PeerReport is what two sides found of the way between them. Both print the same, each from its end.
type PeerReport struct {
	Verdict     Verdict       `json:"verdict"`
	Began       time.Time     `json:"began"`
	Took        time.Duration `json:"-"`
	Interrupted bool          `json:"interrupted,omitempty"`
	NAT         *NAT          `json:"nat,omitempty"`
	Ways        []Way         `json:"ways"`
}

// A Way is one kind of candidates, from here and from the other side.
type Way struct {
	Name  string `json:"way"`
	Here  Sides  `json:"here"`
	There Sides  `json:"there"`
}

// Sides is what one side saw of a way. Loss and throughput are of what came in there.
type Sides struct {
	Offered    int       `json:"offered"` // candidates of the kind
	Connected  bool      `json:"connected"`
	Local      string    `json:"local,omitempty"` // the pair that was chosen
	Remote     string    `json:"remote,omitempty"`
	RTT        Quantiles `json:"rtt_ms"`
	Loss       float64   `json:"loss_percent"`
	Throughput float64   `json:"throughput_bps,omitempty"`
}

// Good tells whether the two sides reach each other as a call would.
func (r *PeerReport) Good() bool {
	return len(r.Ways) > 0 && r.Ways[len(r.Ways)-1].Here.Connected && r.Verdict.Cause.works() && !r.Interrupted
}

// MarshalJSON adds how long it took, in seconds.
func (r *PeerReport) MarshalJSON() ([]byte, error) {
	type plain PeerReport
	return json.Marshal(struct {
		*plain
		Good    bool    `json:"good"`
		Seconds float64 `json:"seconds"`
	}{(*plain)(r), r.Good(), r.Took.Round(time.Millisecond).Seconds()})
}

// pairing is one run with another side.
type pairing struct {
	PeerOptions
	*signaling
	other   string
	leads   bool
	urls    []target
	mapping string // of the NAT here
	mu      sync.Mutex
}

// note is what the two sides say to each other, in the place of a description.
type note struct {
	Kind    string           `json:"probe"` // offers or results
	Offers  map[string]offer `json:"offers,omitempty"`
	Results map[string]Sides `json:"results,omitempty"`
	Mapping string           `json:"mapping,omitempty"`
}

// RunPeer tests with another terminal. The error is about the options.
func RunPeer(ctx context.Context, o PeerOptions) (*PeerReport, error) {
	at, err := signalURL(o.Server)
	if err != nil {
		return nil, err
	}
	if o.Room == "" || len(o.Room) > 128 {
		return nil, errors.New("a room has a name of 1 to 128 characters")
	}
	rep := &PeerReport{Began: time.Now()}
	asked := ctx
	p := &pairing{PeerOptions: o}
	p.tell("connect " + at.Host)
	s, err := dialSignaling(ctx, at, o.Token)
	if err != nil {
		rep.Verdict = excuse(at, err)
		rep.interruptedBy(asked)
		return rep, nil
	}
	defer s.close()
	p.signaling = s
	if problem := p.meet(ctx); problem != nil {
		rep.Verdict = *problem
		rep.interruptedBy(asked)
		return rep, nil
	}
	rep.Began = time.Now() // who came late is not to be counted
	ctx, cancel := bounded(asked)
	defer cancel()
	rep.Verdict = p.test(ctx, rep)
	rep.Took = time.Since(rep.Began)
	rep.interruptedBy(asked)
	return rep, nil
}

func (r *PeerReport) interruptedBy(asked context.Context) {
	if asked.Err() != nil {
		r.Interrupted, r.Verdict = true, Say(Interrupted, Figures{})
	}
}

func (p *pairing) tell(text string) {
	if p.Progress == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Progress(text)
}

// meet joins the room, and waits until somebody else is there.
func (p *pairing) meet(ctx context.Context) *Verdict {
	ctx, cancel := context.WithTimeoutCause(ctx, peerPatience, errSilent)
	defer cancel()
	p.say(map[string]any{"type": "join", "id": "1", "room": p.Room, "limit": 2})
	var problem Verdict
	joined, err := p.await(ctx, func(f signalFrame) bool { return f.Type == "joined" })
	if err == nil && len(joined.Members) == 0 {
		p.tell("waiting for the other side: turnpike probe -peer " + p.Room)
		joined, err = p.await(ctx, func(f signalFrame) bool { return f.Type == "member-joined" })
		joined.Members = []signalMember{joined.Member}
	}
	switch {
	case errors.As(err, new(signalRefusal)):
		problem = Say(Forbidden, Figures{Other: err.Error()})
	case errors.Is(err, errSilent):
		problem = Say(OtherSide, Figures{})
		problem.Cause, problem.Sentence, problem.Do = Stopped, "Nobody else came to the room.", "Run the same command in the other network."
	case err != nil:
		problem = Say(Stopped, Figures{Other: "joining the room"})
	default:
		p.other, p.leads = joined.Members[0].Session, !joined.Members[0].Polite
		return nil
	}
	return &problem
}

// test makes a connection of each kind at once, and measures those that come about.
func (p *pairing) test(ctx context.Context, rep *PeerReport) Verdict {
	answer, err := parseICE(p.ice)
	if err == nil {
		p.urls, err = answer.targets(time.Now())
	}
	if err != nil {
		return Say(Garbage, Figures{})
	}
	natured := make(chan *NAT, 1)
	go func() { natured <- p.nat(ctx) }()
	p.tell("gather candidates")
	tries := make([]*try, len(ways))
	var wait sync.WaitGroup
	for i, way := range ways {
		wait.Go(func() { tries[i] = p.gather(ctx, way.name) })
	}
	wait.Wait()
	defer func() {
		for _, t := range tries {
			t.close()
		}
	}()
	rep.NAT = <-natured
	if rep.NAT != nil {
		p.mapping = rep.NAT.Mapping
	}
	mine := note{Kind: "offers", Offers: make(map[string]offer), Mapping: p.mapping}
	for i, way := range ways {
		mine.Offers[way.name] = tries[i].offer()
		rep.Ways = append(rep.Ways, Way{Name: way.name, Here: Sides{Offered: len(tries[i].candidates)}})
	}
	p.describe(mine)
	theirs, problem := p.hear(ctx, "offers", 2*gatherLimit)
	if problem != nil {
		return *problem
	}
	for i, way := range ways {
		wait.Go(func() {
			p.tell("connect: " + way.text)
			tries[i].connect(ctx, theirs.Offers[way.name], p.leads)
		})
	}
	wait.Wait()
	results := note{Kind: "results", Results: make(map[string]Sides)}
	for i, way := range ways {
		rep.Ways[i].Here = tries[i].Sides
		results.Results[way.name] = tries[i].Sides
	}
	p.describe(results)
	if said, problem := p.hear(ctx, "results", pairLimit); problem == nil {
		for i, way := range ways {
			rep.Ways[i].There = said.Results[way.name].bounded()
		}
	}
	return p.conclude(rep.Ways, theirs.Mapping)
}

// nat looks how the NAT here maps, by the servers that the signaling told.
func (p *pairing) nat(ctx context.Context) *NAT {
	pr := &prober{Options: Options{}}
	var visits []*visit
	for _, t := range p.urls {
		a := pr.resolve(ctx, t.host)
		visits = append(visits, pr.plan(t, a)...)
	}
	return pr.behind(ctx, visits)
}

func (p *pairing) describe(n note) {
	p.say(map[string]any{"type": "description", "to": p.other, "description": n})
}

// hear waits for a note of the other side.
func (p *pairing) hear(ctx context.Context, kind string, limit time.Duration) (n note, problem *Verdict) {
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errSilent)
	defer cancel()
	gone := errors.New("gone")
	_, err := p.await(ctx, func(f signalFrame) bool {
		return f.Type == "member-left" && f.Session == p.other || f.Type == "description" && f.From == p.other && json.Unmarshal(f.Description, &n) == nil && n.Kind == kind
	})
	if err == nil && n.Kind != kind {
		err = gone
	}
	if err == nil {
		return n, nil
	}
	v := Say(Stopped, Figures{Other: "the other side had come"})
	v.Sentence, v.Do = "The other side stopped answering.", "Look at what it says, and run both again."
	if errors.Is(err, context.Canceled) {
		v = Say(Interrupted, Figures{})
	}
	return n, &v
}
