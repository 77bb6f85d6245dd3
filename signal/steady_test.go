package signal

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
)

// steady is a client that keeps to the protocol of resuming. What it hears is
// looked at when it is asked to.
type steady struct {
	*client
	token string
	seq   int
	n     int
	open  []string // not acknowledged; the last of them has the number n
	heard []int    // the application's own numbers
}

func (l *lab) steady(name string) *steady {
	s := &steady{client: l.lasting(name)}
	s.token = s.client.token()
	return s
}

// say sends a frame, or keeps it for when there is a connection.
func (s *steady) say(frame map[string]any) {
	s.n++
	frame["n"], frame["ack"] = s.n, s.seq
	text, _ := json.Marshal(frame)
	s.open = append(s.open, string(text))
	s.client.conn.WriteMessage(websocket.TextMessage, text)
}

// catchUp takes in what has come, and connects again if that is over.
func (s *steady) catchUp() {
	s.t.Helper()
	for {
		synctest.Wait()
		select {
		case frame := <-s.frames:
			if frame == nil {
				s.reconnect()
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

func (s *steady) reconnect() {
	s.t.Helper()
	session := s.session
	for s.client.next() != nil {
	}
	s.client = s.lab.resume(s.token, s.seq)
	if s.welcome["resumed"] != true || s.session != session {
		s.t.Fatalf("got %v", s.welcome)
	}
	s.token = s.client.token()
	ack, _ := s.welcome["ack"].(float64)
	s.acknowledged(int(ack))
	for _, text := range s.open {
		s.client.conn.WriteMessage(websocket.TextMessage, []byte(text))
	}
}

// kill ends the connection at one side or the other, maybe in the middle of a frame.
func (s *steady) kill(random *rand.Rand) {
	if random.IntN(2) == 0 {
		s.client.conn.NetConn().Close()
		return
	}
	h := s.lab.server.hub
	h.mu.Lock()
	l := h.sessions[s.session].link
	h.mu.Unlock()
	if l != nil {
		l.transport.(*socket).conn.NetConn().Close()
	}
}

// Whatever connections are lost, wherever and whenever: what two say to each other
// arrives once and in order.
func TestWhatIsSaidArrivesOnceAndInOrderWhateverConnectionsAreLost(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			inBubble(t, func(t *testing.T, l *lab) {
				random := rand.New(rand.NewPCG(seed, 0))
				people := []*steady{l.steady("ada"), l.steady("bob")}
				for _, s := range people {
					s.say(map[string]any{"type": "join", "room": "r"})
					s.catchUp()
				}
				said := make([]int, len(people))
				kills := 0
				for range 400 {
					i := random.IntN(len(people))
					switch s := people[i]; random.IntN(8) {
					case 0:
						s.kill(random)
						kills++
						if random.IntN(3) > 0 {
							synctest.Wait()
						}
					case 1:
						time.Sleep(time.Duration(random.IntN(3000)) * time.Millisecond)
					case 2, 3:
						s.catchUp()
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
				if kills < 20 {
					t.Errorf("only %d connections were lost", kills)
				}
			})
		})
	}
}
