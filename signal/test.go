package signal

import (
	"encoding/json"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// test lets a client look at its connections with the eyes of the relay: it has a
// user of the relay to itself, and is told what the relay saw of that user, in batches.
// It ends with its session at the latest.
type test struct {
	user    string
	expires time.Time

	// Guarded by hub.mu:
	expiry *time.Timer
	stop   func() // no more sightings

	mu      sync.Mutex // guards the following
	batch   *time.Timer
	waiting []json.RawMessage // sightings not told yet, at most as many as are left
	left    int               // how many may still come; the last says that there were too many
	over    bool
}

const testPrefix = "test-"

var tooManySightings = json.RawMessage(`{"kind":"too-many"}`)

// beginTest begins a test, and ends the one that this session had.
func (s *session) beginTest(f *frame, from *address, now time.Time) *problem {
	g := s.grant.Load()
	switch {
	case s.server.test == nil || s.server.hub.watch == nil:
		return &problem{unavailable, "this server has no tests"}
	case g.noRelay:
		return &problem{forbidden, "the token does not allow the relay"}
	case !s.purse.test(now) || !from.test(now) || !s.owner.mayTest(now):
		return &problem{tooManyCode, "too many tests; slow down"}
	}
	t := &test{user: testPrefix + randomText(12), left: testSightings + 1}
	life := g.life(testLife, now)
	t.expires = now.Add(life)
	ice, discovery := s.server.test(t.user, life, now)
	if g.allocations > 0 {
		s.server.limit(t.user, g, ice)
	}
	if discovery == nil {
		discovery = []string{}
	}
	return s.server.hub.startTest(s, t, testingFrame{
		Type: "testing", Re: f.ID, User: t.user, ICE: ice, Discovery: discovery, ExpiresAt: t.expires.UnixMilli(),
	})
}

// startTest has the test answered before anything is told that was seen.
func (h *hub) startTest(s *session, t *test, answer testingFrame) *problem {
	h.mu.Lock()
	defer h.unlock()
	if s.gone {
		return nil
	}
	h.endTest(s)
	if h.tests >= testsMost {
		return &problem{tooManyCode, "too many tests are going on; try again in a minute"}
	}
	h.tests++
	for _, other := range h.relatives(s) {
		h.metAs(t.user, s, other)
	}
	s.test = t
	h.watchTest(s) // before the client can use what it is told
	answer.Address = s.client().String()
	h.tell(s, answer)
	h.timers.Add(1)
	t.expiry = time.AfterFunc(time.Until(t.expires), func() {
		defer h.timers.Done()
		h.mu.Lock()
		defer h.unlock()
		if s.test == t {
			h.endTest(s)
		}
	})
	return nil
}

// watchTest has the relay tell what it sees, of the test's user and of the address
// that the client has now.
func (h *hub) watchTest(s *session) {
	t := s.test
	if t.stop != nil {
		t.stop()
	}
	t.stop = h.watch(t.user, s.client(), func(sighting json.RawMessage) { t.saw(h, s, sighting) })
}

// testEnd is what a client says that has seen enough. Its test may have ended by itself.
func (h *hub) testEnd(s *session) *problem {
	h.mu.Lock()
	defer h.unlock()
	h.endTest(s)
	return nil
}

// endTest tells what was seen last. Callers hold h.mu.
func (h *hub) endTest(s *session) {
	t := s.test
	if t == nil {
		return
	}
	t.stop()
	if t.expiry.Stop() {
		h.timers.Done()
	}
	h.tellSightings(s, t.take(h, true))
	s.test = nil
	h.tests--
	for _, other := range h.relatives(s) {
		h.partedAs(t.user, s, other)
	}
}

// saw keeps a sighting for the next batch. It is called by the relay, and does not wait.
func (t *test) saw(h *hub, s *session, sighting json.RawMessage) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.over || t.left == 0 {
		return
	}
	if t.left--; t.left == 0 {
		sighting = tooManySightings
	}
	t.waiting = append(t.waiting, sighting)
	if t.batch != nil {
		return
	}
	h.timers.Add(1)
	t.batch = time.AfterFunc(testDelay, func() {
		defer h.timers.Done()
		h.mu.Lock()
		defer h.unlock()
		if s.test == t {
			h.tellSightings(s, t.take(h, false))
		}
	})
}

// take returns what waits to be told. With over nothing more will.
func (t *test) take(h *hub, over bool) []json.RawMessage {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.batch != nil && t.batch.Stop() {
		h.timers.Done()
	}
	waiting := t.waiting
	t.batch, t.waiting, t.over = nil, nil, over
	return waiting
}

func (h *hub) tellSightings(s *session, sightings []json.RawMessage) {
	for some := range slices.Chunk(sightings, testBatch) {
		h.tell(s, relaySawFrame{"relay-saw", some})
	}
}

// watch is how the relay is asked what it sees, see [Config].
type watch = func(user string, addr netip.Addr, saw func(json.RawMessage)) (stop func())
