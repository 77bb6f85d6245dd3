package signal

import (
	"net/http"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// visit is a connection that was let in, and what it counts against, until over.
type visit struct {
	client  netip.Addr
	address *address
	conn    *websocket.Conn // nil if it is none
}

// visit lets a WebSocket in, or answers why not.
func (s *Server) visit(w http.ResponseWriter, r *http.Request) (*visit, bool) {
	if !s.admit(w, r) {
		return nil, false
	}
	if !websocket.IsWebSocketUpgrade(r) {
		w.Header().Set("Upgrade", "websocket")
		refuse(w, http.StatusUpgradeRequired, &problem{badRequest, "this is a WebSocket endpoint"})
		return nil, false
	}
	v, ok := s.takePlace(w, r)
	if !ok {
		return nil, false
	}
	var err error
	if v.conn, err = upgrader.Upgrade(w, r, nil); err != nil {
		s.over(v) // the upgrader has answered
		return nil, false
	}
	return v, true
}

// takePlace counts a connection of who was admitted, or answers that there are
// too many.
func (s *Server) takePlace(w http.ResponseWriter, r *http.Request) (*visit, bool) {
	now := time.Now()
	client := s.proxies.client(r)
	if !s.addresses.get(client, now).connect(now) {
		tooMany(w)
		return nil, false
	}
	if !s.reserve() {
		refuse(w, http.StatusServiceUnavailable, &problem{tooManyCode, "the server is full or going away"})
		return nil, false
	}
	address, ok := s.addresses.enter(client, now)
	if !ok {
		s.release()
		tooMany(w)
		return nil, false
	}
	return &visit{client: client, address: address}, true
}

// over gives back what a visit took.
func (s *Server) over(v *visit) {
	s.addresses.leave(v.address)
	s.release()
}

// place is what a connection or a session counts for in the limits. It is given
// back when neither its link nor its session holds it any more.
type place struct {
	*visit
	server  *Server
	holders atomic.Int32
}

func newPlace(s *Server, v *visit) *place {
	p := &place{visit: v, server: s}
	p.holders.Store(1)
	return p
}

func (p *place) hold() { p.holders.Add(1) }

func (p *place) release() {
	if p.holders.Add(-1) == 0 {
		p.server.over(p.visit)
	}
}
