// Package peerjs speaks the protocol of PeerServer, so that the npm package
// peerjs finds its peers here: an id for everybody, and offers, answers and
// candidates carried from one id to another. Payloads pass through unread and
// are never logged, nor are ids, tokens and the key.
//
// docs/peerjs.md says where it differs from npm's peer server, and why.
//
// Goroutines: every connection has the two of a [signal.Line]. The janitor is
// one more: once a second it expires messages to who did not come, and frees
// ids that were held long enough. [Server.Close] ends all of them and waits.
//
// Locks: realm.mu guards who has which id, and held messages. Under it there
// are only look-ups and non-blocking sends to the queues of lines.
package peerjs

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"turnpike/signal"
)

// Config is what of PeerServer's settings there is here.
type Config struct {
	// Door is who may come in, and how often.
	Door *signal.Server

	// Key is what clients have to name in their URLs. It is in every page, and
	// so no secret. Empty: peerjs, as the client has it.
	Key string

	// Discovery tells everybody who is connected (listAllPeers).
	Discovery bool

	// Hold is how long an id is kept for the token of a client whose connection
	// ended. 0: not at all.
	Hold time.Duration

	// Log gets a line when a connection opens and when it closes. Nil: silence.
	Log *slog.Logger
}

// Server serves /peerjs and what is below it.
type Server struct {
	cfg   Config
	lines *signal.Lines
	realm *realm
	mux   *http.ServeMux

	once    sync.Once
	done    chan struct{} // closed by Close
	janitor sync.WaitGroup
}

// New returns a server that is ready to be mounted. It is to be closed before
// its door is.
func New(cfg Config) (*Server, error) {
	if cfg.Door == nil {
		return nil, errors.New("peerjs: no door")
	}
	if cfg.Key == "" {
		cfg.Key = "peerjs"
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	s := &Server{
		cfg:   cfg,
		lines: cfg.Door.NewLines(),
		realm: newRealm(cfg.Hold),
		mux:   http.NewServeMux(),
		done:  make(chan struct{}),
	}
	// A client appends to its path: peerjs for the WebSocket, whatever its key,
	// and key/id and key/peers. Its own default path is /.
	s.mux.HandleFunc("/peerjs/peerjs", s.serveSocket)
	s.mux.HandleFunc("/peerjs/{key}/id", s.serveID)
	s.mux.HandleFunc("/peerjs/{key}/peers", s.servePeers)
	s.mux.HandleFunc("/peerjs/id", s.serveID)
	s.mux.HandleFunc("/peerjs/peers", s.servePeers)
	s.mux.HandleFunc("/peerjs/{$}", s.serveIndex)
	s.mux.HandleFunc("/peerjs", func(w http.ResponseWriter, r *http.Request) {
		if websocket.IsWebSocketUpgrade(r) {
			s.serveSocket(w, r)
		} else {
			s.serveIndex(w, r)
		}
	})
	s.janitor.Go(s.sweep)
	return s, nil
}

// ServeHTTP serves /peerjs and what is below it, and 404 elsewhere.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mux.ServeHTTP(w, r)
}

// Close ends every connection with 1001 and returns when no goroutine is left,
// a second later at the most. Later requests for a connection are answered 503.
func (s *Server) Close() error {
	s.once.Do(func() { close(s.done) })
	s.lines.Close()
	s.janitor.Wait()
	return nil
}

func (s *Server) sweep() {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		select {
		case <-s.done:
			return
		case now := <-ticker.C:
			s.realm.sweep(now)
		}
	}
}

// serveIndex is what people look at to see whether a PeerServer is there.
func (s *Server) serveIndex(w http.ResponseWriter, r *http.Request) {
	if s.lines.Admit(w, r) {
		answer(w, map[string]string{
			"name":        "PeerJS Server",
			"description": "turnpike, as a server side element to broker connections between PeerJS clients.",
			"website":     "https://peerjs.com/",
		})
	}
}

// serveID hands out an id that nobody has.
func (s *Server) serveID(w http.ResponseWriter, r *http.Request) {
	if !s.lines.Admit(w, r) || !s.keyed(w, r) {
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	fmt.Fprint(w, newID())
}

// servePeers lists the ids that are connected, where that is allowed.
func (s *Server) servePeers(w http.ResponseWriter, r *http.Request) {
	if !s.lines.Admit(w, r) || !s.keyed(w, r) {
		return
	}
	if !s.cfg.Discovery {
		http.Error(w, "peers are not listed here (http.peerjs.discovery)", http.StatusUnauthorized)
		return
	}
	answer(w, s.realm.connected())
}

// keyed checks the key of a path that has one.
func (s *Server) keyed(w http.ResponseWriter, r *http.Request) bool {
	key := r.PathValue("key")
	if key == "" {
		key = "peerjs" // it is in the path, as a literal
	}
	if !s.isKey(key) {
		http.Error(w, invalidKey, http.StatusUnauthorized)
		return false
	}
	return true
}

func (s *Server) isKey(key string) bool {
	return subtle.ConstantTimeCompare([]byte(key), []byte(s.cfg.Key)) == 1
}

func answer(w http.ResponseWriter, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "cannot encode the answer", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(append(body, '\n'))
}

// newID is a random UUID (RFC 9562 §5.4).
func newID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
