package signal

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/netip"
	"sync"
	"testing"
)

// ledger counts the meetings that were told and not taken back. The zero ledger is empty.
type ledger struct {
	mu       sync.Mutex
	open     map[string]int // by user, other and address
	mistakes []string
}

func entry(user, other string, addr netip.Addr) string {
	return fmt.Sprintf("%s meets %s from %s", user, other, addr)
}

func (l *ledger) met(user, other string, addr netip.Addr) { l.count(entry(user, other, addr), 1) }

func (l *ledger) parted(user, other string, addr netip.Addr) { l.count(entry(user, other, addr), -1) }

func (l *ledger) count(what string, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open == nil {
		l.open = make(map[string]int)
	}
	l.open[what] += n
	switch l.open[what] {
	case 0:
		delete(l.open, what)
	case 1:
	default:
		l.mistakes = append(l.mistakes, fmt.Sprintf("%s: %d times", what, l.open[what]))
	}
}

// check wants just these meetings to be open, and none ever to have been told twice or taken back before.
func (l *ledger) check(t testing.TB, want map[string]int) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.mistakes) > 0 {
		t.Errorf("wrong on the way: %v", l.mistakes)
	}
	if len(l.open)+len(want) > 0 && !maps.Equal(l.open, want) {
		t.Errorf("open are %v, want %v", l.open, want)
	}
}

func (l *ledger) sees(entries ...string) map[string]int {
	want := make(map[string]int)
	for _, e := range entries {
		want[e] = 1
	}
	return want
}

// crowd are sessions without connections, each from an address of its own.
func crowd(t *testing.T, book *ledger, n int) (*Server, []*session) {
	t.Helper()
	cfg := Config{Open: true, Met: book.met, Parted: book.parted}
	new(relay).configure(&cfg)
	server := mustNew(t, cfg)
	var people []*session
	for i := range n {
		s := headless(server, netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}))
		say(s, fmt.Appendf(nil, `{"type": "hello", "version": 1, "name": "person %d", "key": "the key of person %d"}`, i/2, i/2))
		s.queue.pop()
		people = append(people, s)
	}
	return server, people
}

// Whatever people do in whatever order, they have met if, and only if, they share a room or an accepted call.
func TestEveryMeetingEndsWithOneParting(t *testing.T) {
	for seed := range uint64(40) {
		random := rand.New(rand.NewPCG(seed, 0))
		var book ledger
		server, people := crowd(t, &book, 8)
		most := 0
		for range 300 {
			s := people[random.IntN(len(people))]
			if s.gone {
				continue
			}
			s.purse = purse{rates: s.purse.rates} // nobody is out of budget
			say(s, anything(random, s))
			for s.queue.pop() != nil {
			}
			if random.IntN(100) == 0 {
				server.hub.leaveAll(s)
			}
			want := sharing(server.hub, people)
			most = max(most, len(want))
			book.check(t, want)
			if t.Failed() {
				t.Fatalf("seed %d", seed)
			}
		}
		if most < 10 {
			t.Errorf("seed %d: never more than %d meetings", seed, most)
		}
		for _, s := range people {
			server.hub.leaveAll(s)
		}
		book.check(t, nil)
		checkNothingIsKept(t, server.hub)
		server.Close()
	}
}

// anything is a frame that a session may well send.
func anything(random *rand.Rand, s *session) []byte {
	room := random.IntN(3)
	call := "c-none"
	for call = range s.calls {
		break
	}
	switch random.IntN(10) {
	case 0, 1, 2:
		return fmt.Appendf(nil, `{"type": "join", "room": "room %d"}`, room)
	case 3:
		return fmt.Appendf(nil, `{"type": "leave", "room": "room %d"}`, room)
	case 4:
		return fmt.Appendf(nil, `{"type": "invite", "name": "person %d"}`, random.IntN(4))
	case 5, 6:
		return fmt.Appendf(nil, `{"type": "accept", "call": %q}`, call)
	case 7:
		return []byte(`{"type": "test"}`)
	case 8:
		return []byte(`{"type": "test-end"}`)
	}
	return fmt.Appendf(nil, `{"type": "hangup", "call": %q}`, call)
}

// sharing is what the ledger should say.
func sharing(h *hub, people []*session) map[string]int {
	h.mu.Lock()
	defer h.mu.Unlock()
	want := make(map[string]int)
	for _, a := range people {
		for _, b := range people {
			if a != b && h.related(a, b) {
				for _, user := range a.users() {
					for _, other := range b.users() {
						want[entry(user, other, b.client())] = 1
					}
				}
			}
		}
	}
	return want
}

func TestTwoRoomsAndACallAreOneMeeting(t *testing.T) {
	var book ledger
	server, people := crowd(t, &book, 4)
	a, b := people[0], people[2]
	both := book.sees(entry(a.user, b.user, b.client()), entry(b.user, a.user, a.client()))
	tell := func(s *session, format string, args ...any) { say(s, fmt.Appendf(nil, format, args...)) }

	tell(a, `{"type": "join", "room": "r"}`)
	book.check(t, nil)
	tell(b, `{"type": "join", "room": "r"}`)
	book.check(t, both)
	tell(a, `{"type": "join", "room": "s"}`)
	tell(b, `{"type": "join", "room": "s"}`)
	tell(a, `{"type": "invite", "name": "person 1"}`)
	var call string
	for call = range a.calls {
	}
	tell(b, `{"type": "accept", "call": %q}`, call)
	book.check(t, both)
	tell(b, `{"type": "leave", "room": "r"}`)
	tell(b, `{"type": "leave", "room": "s"}`)
	book.check(t, both)
	tell(a, `{"type": "hangup", "call": %q}`, call)
	book.check(t, nil)

	// Ringing is no meeting, whatever becomes of it.
	tell(a, `{"type": "invite", "name": "person 1"}`)
	book.check(t, nil)
	for call = range a.calls {
	}
	tell(b, `{"type": "decline", "call": %q}`, call)
	book.check(t, nil)
	for _, s := range people {
		server.hub.leaveAll(s)
	}
	server.Close()
}

func TestMeetingsNameTheAddressThatTrustedProxiesTell(t *testing.T) {
	var book ledger
	l := newLoopbackLab(t, behindProxies, func(c *Config) { c.Met, c.Parted = book.met, book.parted })
	users := make([]string, 2)
	for i, from := range []string{"203.0.113.5", "2001:db8::5"} {
		c := l.connectFrom("10.9.9.9, " + from)
		c.sendf(`{"type": "hello", "version": 1}`)
		users[i] = c.expect("welcome")["user"].(string)
		c.sendf(`{"type": "join", "room": "r"}`)
		c.expect("joined")
	}
	book.check(t, book.sees(
		entry(users[0], users[1], netip.MustParseAddr("2001:db8::5")),
		entry(users[1], users[0], netip.MustParseAddr("203.0.113.5"))))
	l.server.Close()
	book.check(t, nil)
}
