package probe

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// signaling is a session with our own signaling (signal/PROTOCOL.md). One goroutine reads and ends when close returns; another pings.
type signaling struct {
	conn    *websocket.Conn
	session string
	ice     json.RawMessage // as in welcome
	frames  chan signalFrame
	reading chan struct{}
	beating chan struct{}
	stop    chan struct{}
	once    sync.Once

	mu sync.Mutex // one writer at a time
}

// signalFrame is what a server says; each type has some of the fields.
type signalFrame struct {
	Type        string          `json:"type"`
	Re          string          `json:"re"`
	Session     string          `json:"session"`
	From        string          `json:"from"`
	Code        string          `json:"code"`
	Message     string          `json:"message"`
	ICE         json.RawMessage `json:"ice"`
	Members     []signalMember  `json:"members"`
	Member      signalMember    `json:"member"`
	Description json.RawMessage `json:"description"`
	Events      []Sighting      `json:"events"`
	User        string          `json:"user"`
	Address     string          `json:"address"`
	Discovery   []string        `json:"discovery"`
}

type signalMember struct {
	Session string `json:"session"`
	Polite  bool   `json:"polite"`
}

// maxFrames bounds what was said and not listened to yet; a server that says more loses the connection.
const maxFrames = 256

// signalURL is where the signaling of a server is, by a URL of it: its /v1/ice, its /v1/signal, or its root.
func signalURL(text string) (*url.URL, error) {
	if rest, ok := strings.CutPrefix(text, "ws"); ok {
		text = "http" + rest
	}
	u, err := checkHTTP(text)
	if err != nil {
		return nil, err
	}
	return &url.URL{Scheme: "ws" + strings.TrimPrefix(u.Scheme, "http"), Host: u.Host, Path: "/v1/signal"}, nil
}

func dialSignaling(ctx context.Context, at *url.URL, token string) (*signaling, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, stepLimit, errSilent)
	defer cancel()
	dialer := websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: stepLimit}
	conn, resp, err := dialer.DialContext(ctx, at.String(), nil)
	if resp != nil && err != nil {
		return nil, httpRefusal{status: resp.StatusCode}
	}
	if err != nil {
		return nil, explain(ctx, err)
	}
	conn.SetReadLimit(1 << 17)
	s := &signaling{conn: conn, frames: make(chan signalFrame, maxFrames), reading: make(chan struct{}), beating: make(chan struct{}), stop: make(chan struct{})}
	go s.read()
	go s.beat()
	hello := map[string]any{"type": "hello", "version": 1}
	if token != "" {
		hello["token"] = token
	}
	s.say(hello)
	welcome, err := s.await(ctx, func(f signalFrame) bool { return f.Type == "welcome" })
	if err != nil {
		s.close()
		return nil, err
	}
	s.session, s.ice = welcome.Session, welcome.ICE
	return s, nil
}

func (s *signaling) close() {
	s.once.Do(func() {
		s.say(map[string]any{"type": "bye"})
		close(s.stop)
		s.conn.Close()
	})
	<-s.reading
	<-s.beating
}

func (s *signaling) say(frame map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.conn.SetWriteDeadline(time.Now().Add(2 * time.Second))
	_ = s.conn.WriteJSON(frame) // a connection that is gone shows in what is read
}

func (s *signaling) read() {
	defer close(s.reading)
	defer close(s.frames)
	for {
		_, b, err := s.conn.ReadMessage()
		if err != nil {
			return
		}
		var f signalFrame
		if json.Unmarshal(b, &f) != nil {
			continue // a field of another type than ours is of another version
		}
		select {
		case s.frames <- f:
		default:
			s.conn.Close()
			return
		}
	}
}

// beat keeps the session while nothing else is said: who is silent for 45 s is taken for dead.
func (s *signaling) beat() {
	defer close(s.beating)
	tick := time.NewTicker(15 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			s.say(map[string]any{"type": "ping"})
		case <-s.stop:
			return
		}
	}
}

// await returns the first frame that is wanted; others that come before it are dropped. An error frame is an error.
func (s *signaling) await(ctx context.Context, wanted func(signalFrame) bool) (signalFrame, error) {
	for {
		select {
		case f, ok := <-s.frames:
			switch {
			case !ok:
				return f, errHandshake
			case f.Type == "error":
				return f, signalRefusal{printable(f.Code), printable(f.Message)}
			case wanted(f):
				return f, nil
			}
		case <-ctx.Done():
			return signalFrame{}, context.Cause(ctx)
		}
	}
}

// signalRefusal is an error frame.
type signalRefusal struct{ code, message string }

func (r signalRefusal) Error() string { return fmt.Sprintf("%s (%s)", r.code, r.message) }
