package signal

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
)

// steady is a client that keeps to the protocol of resuming, over one way after
// the other. What it hears is looked at when it is asked to.
type steady struct {
	t       testing.TB
	lab     *lab
	random  *rand.Rand
	way     way
	session string
	token   string
	seq     int
	n       int
	open    []string // not acknowledged; the last of them has the number n
	heard   []int    // the application's own numbers
}

// way is a connection of a steady client.
type way interface {
	frames() <-chan map[string]any // closed at its end
	put(texts []string) (answer string)
	lose() // ends it without a word
}

func (l *lab) steady(name string, random *rand.Rand) *steady {
	c := l.lasting(name)
	return &steady{t: l.t, lab: l, random: random, way: overSocket{c}, session: c.session, token: c.token()}
}

// overSocket is a WebSocket.
type overSocket struct{ c *client }

func (o overSocket) frames() <-chan map[string]any { return o.c.frames }

func (o overSocket) put(texts []string) (answer string) {
	for _, text := range texts {
		o.c.conn.WriteMessage(websocket.TextMessage, []byte(text))
	}
	return ""
}

func (o overSocket) lose() { o.c.conn.NetConn().Close() }

// overEvents is POST and an event stream.
type overEvents struct{ e *events }

func (o overEvents) frames() <-chan map[string]any { return o.e.frames }

func (o overEvents) put(texts []string) (answer string) {
	_, answer = o.e.post("[" + strings.Join(texts, ",") + "]")
	return answer
}

func (o overEvents) lose() { o.e.stop() }

// say sends a frame, or keeps it for when there is a connection.
func (s *steady) say(frame map[string]any) {
	s.n++
	frame["n"], frame["ack"] = s.n, s.seq
	text, _ := json.Marshal(frame)
	s.open = append(s.open, string(text))
	texts := s.open[len(s.open)-1:]
	if _, posts := s.way.(overEvents); posts {
		texts = s.open[:min(len(s.open), postFrames)] // what may have been lost, again
	}
	s.put(texts)
}

// put sometimes does not hear the answer of a POST.
func (s *steady) put(texts []string) {
	answer := s.way.put(texts)
	var frame map[string]any
	if s.random.IntN(4) > 0 && json.Unmarshal([]byte(answer), &frame) == nil {
		s.hear(frame)
	}
}

// catchUp takes in what has come, and connects again if that is over.
func (s *steady) catchUp() {
	s.t.Helper()
	for {
		synctest.Wait()
		select {
		case frame := <-s.way.frames():
			if frame == nil {
				s.connect()
				continue
			}
			s.hear(frame)
		default:
			return
		}
	}
}

func (s *steady) hear(frame map[string]any) {
	s.t.Helper()
	if ack, ok := frame["ack"].(float64); ok {
		s.acknowledged(int(ack))
	}
	if frame["type"] == "resume" {
		s.token = frame["resume"].(map[string]any)["token"].(string)
	}
	seq, ok := frame["seq"].(float64)
	if !ok {
		return
	}
	if s.seq++; s.seq != int(seq) {
		s.t.Fatalf("frame %v came after %d", frame, s.seq-1)
	}
	if frame["type"] == "description" {
		s.heard = append(s.heard, int(frame["description"].(map[string]any)["x"].(float64)))
	}
}

func (s *steady) acknowledged(n int) {
	for len(s.open) > 0 && s.n-len(s.open)+1 <= n {
		s.open = s.open[1:]
	}
}

// connect goes on by one way or the other, also while the way before is still there.
func (s *steady) connect() {
	s.t.Helper()
	var welcome map[string]any
	if s.random.IntN(2) == 0 {
		c := s.lab.resume(s.token, s.seq)
		s.way, welcome = overSocket{c}, c.welcome
	} else {
		p := s.lab.poster()
		p.token, p.seq = s.token, s.seq
		e := p.open()
		s.way, welcome = overEvents{e}, e.welcome
	}
	if welcome["resumed"] != true || welcome["session"] != s.session {
		s.t.Fatalf("got %v", welcome)
	}
	s.token = welcome["resume"].(map[string]any)["token"].(string)
	ack, _ := welcome["ack"].(float64)
	s.acknowledged(int(ack))
	if len(s.open) > 0 {
		s.put(s.open)
	}
}

// kill ends the connection at one side or the other, maybe in the middle of a frame.
func (s *steady) kill() {
	h := s.lab.server.hub
	h.mu.Lock()
	l := h.sessions[s.session].link
	h.mu.Unlock()
	if l != nil && s.random.IntN(2) == 0 {
		if t, ok := l.transport.(*socket); ok {
			t.conn.NetConn().Close()
			return
		}
	}
	s.way.lose()
}

// Whatever connections are lost, wherever and whenever, and by whatever way they are made
// again: what two say to each other arrives once and in order.
func TestWhatIsSaidArrivesOnceAndInOrderWhateverConnectionsAreLost(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			inBubble(t, func(t *testing.T, l *lab) {
				random := rand.New(rand.NewPCG(seed, 0))
				people := []*steady{l.steady("ada", random), l.steady("bob", random)}
				for _, s := range people {
					s.say(map[string]any{"type": "join", "room": "r"})
					s.catchUp()
				}
				said := make([]int, len(people))
				kills, changes := 0, 0
				for range 400 {
					i := random.IntN(len(people))
					switch s := people[i]; random.IntN(9) {
					case 0:
						s.kill()
						kills++
						if random.IntN(3) > 0 {
							synctest.Wait()
						}
					case 1:
						time.Sleep(time.Duration(random.IntN(3000)) * time.Millisecond)
					case 2, 3:
						s.catchUp()
					case 4:
						s.connect()
						changes++
					default:
						said[i]++
						s.say(map[string]any{"type": "description", "to": people[1-i].session, "description": map[string]int{"x": said[i]}})
					}
				}
				for range 3 {
					for _, s := range people {
						s.catchUp()
					}
				}
				for i, s := range people {
					if len(s.heard) != said[1-i] {
						t.Fatalf("%d of %d were heard, after %d kills", len(s.heard), said[1-i], kills)
					}
					for x, heard := range s.heard {
						if heard != x+1 {
							t.Fatalf("%v was heard", s.heard)
						}
					}
					if len(s.open) > ackEvery {
						t.Errorf("%d frames are not acknowledged", len(s.open))
					}
				}
				if kills < 20 || changes < 20 {
					t.Errorf("only %d connections were lost, and %d left", kills, changes)
				}
			})
		})
	}
}
