package signal

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// nowhere is a transport without a client.
type nowhere struct{}

func (nowhere) write([]byte, time.Time) error { return nil }
func (nowhere) ping(time.Time) error          { return nil }
func (nowhere) close(int, string, time.Time)  {}
func (nowhere) hurry(time.Time)               {}
func (nowhere) interval() time.Duration       { return time.Hour }

// headless is a session without a client, nor a pump.
func headless(server *Server, client netip.Addr) *session {
	if !server.reserve() {
		panic("the server is full")
	}
	address, ok := server.addresses.enter(client, time.Now())
	if !ok {
		panic("the address is full")
	}
	l := newLink(server, newPlace(server, &visit{client: client, address: address}), nowhere{})
	l.session = newSession(l)
	l.place.holders.Store(0) // there is no connection
	return l.session
}

// say has a headless session receive a frame.
func say(s *session, frame []byte) {
	s.place.address.purse = purse{rates: s.place.address.rates} // nobody is out of budget
	s.receive(s.queue.holder(), s.place.address, frame)
}

// FuzzHub has three people say anything: each line is what one of them sends,
// told by its first character. $0, $1 and $2 stand for their sessions, $c for the newest
// call. Whatever they say, what they hear is JSON, and nothing of them stays.
func FuzzHub(f *testing.F) {
	f.Add("0{\"type\": \"join\", \"room\": \"r\"}\n1{\"type\": \"join\", \"room\": \"r\"}\n" +
		"0{\"type\": \"candidate\", \"to\": \"$1\", \"candidate\": {\"candidate\": \"x\"}}\n" +
		"0{\"type\": \"description\", \"to\": \"$1\", \"description\": {}}\n1{\"type\": \"leave\", \"room\": \"r\"}")
	f.Add("0{\"type\": \"invite\", \"name\": \"person 1\"}\n1{\"type\": \"invite\", \"name\": \"person 0\"}\n" +
		"2{\"type\": \"invite\", \"name\": \"person 1\"}\n0{\"type\": \"accept\", \"call\": \"$c\"}\n1{\"type\": \"accept\", \"call\": \"$c\"}\n" +
		"0{\"type\": \"description\", \"to\": \"$1\", \"description\": {}}\n1{\"type\": \"hangup\", \"call\": \"$c\"}")
	f.Add("0{\"type\": \"join\", \"room\": \"r\"}\n0{\"type\": \"test\"}\n1{\"type\": \"join\", \"room\": \"r\", \"secret\": \"\"}\n1{\"type\": \"test\"}\n" +
		"0{\"type\": \"kick\", \"room\": \"r\", \"session\": \"$1\"}\n0{\"type\": \"room-state\", \"room\": \"r\", \"entry\": \"x\", \"value\": 1, \"ttl\": 9}\n0{\"type\": \"test-end\"}")
	f.Fuzz(func(t *testing.T, script string) {
		var book ledger
		cfg := Config{ICE: testICE, Met: book.met, Parted: book.parted}
		new(relay).configure(&cfg)
		server, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		var people []*session
		for i := range 3 {
			s := headless(server, netip.Addr{})
			say(s, fmt.Appendf(nil, `{"type": "hello", "version": 1, "name": "person %d"}`, i))
			people = append(people, s)
		}
		call := "c-none"
		for _, line := range strings.SplitN(script, "\n", 100) {
			if line == "" || line[0] < '0' || line[0] > '2' {
				continue
			}
			s := people[line[0]-'0']
			if s.ended() {
				continue
			}
			say(s, []byte(strings.NewReplacer("$0", people[0].id, "$1", people[1].id, "$2", people[2].id, "$c", call).Replace(line[1:])))
			for _, s := range people {
				for frame := s.queue.pop(); frame != nil; frame = s.queue.pop() {
					var heard struct{ Type, Call string }
					if err := json.Unmarshal(frame, &heard); err != nil || serverFrames[heard.Type] == nil {
						t.Fatalf("%s was sent: %v", frame, err)
					}
					if heard.Call != "" {
						call = heard.Call
					}
				}
			}
		}
		for _, s := range people {
			server.hub.leaveAll(s)
			server.hub.leaveAll(s)
		}
		checkNothingIsKept(t, server.hub)
		book.check(t, nil)
		server.Close()
	})
}

func TestRelationsEndWithWhatTheyShared(t *testing.T) {
	server := mustNew(t, Config{Open: true})
	var people []*session
	for i := range 2 {
		s := headless(server, netip.Addr{})
		say(s, fmt.Appendf(nil, `{"type": "hello", "version": 1, "name": "person %d"}`, i))
		say(s, []byte(`{"type": "join", "room": "r"}`))
		say(s, []byte(`{"type": "join", "room": "s"}`))
		people = append(people, s)
	}
	h := server.hub
	for i, step := range []struct {
		frame string
		want  bool
	}{
		{`{"type": "leave", "room": "r"}`, true},
		{`{"type": "leave", "room": "s"}`, false},
		{`{"type": "join", "room": "s"}`, true},
	} {
		say(people[0], []byte(step.frame))
		h.mu.Lock()
		if h.related(people[0], people[1]) != step.want || h.related(people[1], people[0]) != step.want {
			t.Errorf("step %d: want %v", i, step.want)
		}
		h.mu.Unlock()
	}
	for _, s := range people {
		h.leaveAll(s)
	}
	checkNothingIsKept(t, h)
}
