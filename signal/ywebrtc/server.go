// Package ywebrtc speaks the protocol of y-webrtc's signaling server, so that
// documents of the npm package y-webrtc find each other here: clients subscribe
// to topics, and what one of them publishes goes to all subscribers of the topic,
// itself included. Messages pass through unread and are never logged, nor are
// topics.
//
// Goroutines: every connection has the two of a [signal.Line]. [Server.Close]
// ends them and waits.
//
// Locks: board.mu guards who subscribes to what. Under it there are only look-ups
// and non-blocking sends to the queues of lines.
package ywebrtc

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"turnpike/signal"
)

const (
	topicLimit      = 256 // bytes of a name
	topicsPerLine   = 128
	linesPerTopic   = 128
	sharedBy        = 16 // receivers of one message that cost its sender as much as one message
	codeBad         = "bad-frame"
	codeTooMany     = "too-many"
	codeFull        = "topic-full"
	codeStranger    = "not-subscribed"
	reasonMalformed = "three frames did not parse"
)

// Config is who may come in, and where that is noted.
type Config struct {
	// Door is who may come in, and how often.
	Door *signal.Server

	// Log gets a line when a connection opens and when it closes. Nil: silence.
	Log *slog.Logger
}

// Server serves /y-webrtc.
type Server struct {
	lines *signal.Lines
	board *board
	log   *slog.Logger
}

// New returns a server that is ready to be mounted. It is to be closed before
// its door is.
func New(cfg Config) (*Server, error) {
	if cfg.Door == nil {
		return nil, errors.New("ywebrtc: no door")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &Server{lines: cfg.Door.NewLines(), board: newBoard(), log: cfg.Log}, nil
}

// Close ends every connection with 1001 and returns when no goroutine is left,
// a second later at the most. Later requests are answered 503.
func (s *Server) Close() error {
	s.lines.Close()
	return nil
}

// ServeHTTP serves a WebSocket, whatever its path.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.lines.Serve(w, r, s.serve)
}

// serve serves one client from its handshake to its end.
func (s *Server) serve(line *signal.Line) {
	began := time.Now()
	s.log.Info("y-webrtc connection opened", "client", line.Client())
	c := newClient(line)
	code := line.Serve(func(data []byte) { s.receive(c, data) })
	s.board.leave(c)
	s.log.Info("y-webrtc connection closed", "client", line.Client(), "code", code, "duration", time.Since(began).Round(time.Millisecond))
}

// receive acts on one frame. Only the reading goroutine calls it.
func (s *Server) receive(c *client, data []byte) {
	f, ok := parse(data)
	if !ok {
		c.line.Send(failure(codeBad, "the frame is not a JSON object with a type, topics that are strings, and for publish a topic"))
		if c.malformed++; c.malformed >= signal.MalformedLimit {
			c.line.End(signal.CloseMalformed, reasonMalformed)
		}
		return
	}
	switch f.kind {
	case "subscribe":
		told := "" // once for each reason
		for _, topic := range f.topics {
			if code := s.board.subscribe(c, topic); code != "" && code != told {
				c.refuse(code)
				told = code
			}
		}
	case "unsubscribe":
		for _, topic := range f.topics {
			s.board.unsubscribe(c, topic)
		}
	case "publish":
		n := s.board.subscribers(c, f.topic)
		if n == 0 {
			c.refuse(codeStranger)
			return
		}
		c.line.Spend(n / sharedBy) // one message becomes many
		s.board.publish(f.topic, f.publication(n))
	case "ping":
		c.line.Send(pong)
	}
	// A client that knows more types than we do is told nothing, as y-webrtc does.
}
