package peerjs

import (
	"sync"
	"time"

	"turnpike/signal"
)

// realm knows who has which id, and keeps messages for who is about to come.
type realm struct {
	hold time.Duration

	mu      sync.Mutex         // guards the following, and clients
	clients map[string]*client // by id; those who are away, too
	away    int                // how many are
	mail    map[string]*mailbox
	size    int // of all mail, in bytes
}

func newRealm(hold time.Duration) *realm {
	return &realm{hold: hold, clients: make(map[string]*client), mail: make(map[string]*mailbox)}
}

// enter gives an id to a line, and queues OPEN and what waited for that id. An
// id that somebody else has, or had until just now, is refused with nil. Who has
// it already, by the same token, has moved to a new connection: the old one ends.
func (r *realm) enter(id, token string, line *signal.Line, now time.Time) *client {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.clients[id]
	if c != nil && c.line == nil && !now.Before(c.until) {
		r.free(c)
		c = nil
	}
	switch {
	case c == nil:
		c = newClient(id, token, line)
		r.clients[id] = c
	case !c.owns(token):
		return nil
	case c.line == nil:
		r.away--
		c.line = line
	default:
		c.line.End(signal.CloseSuperseded, "the same id and token have connected again")
		c.line = line
	}
	line.Send((&message{Type: typeOpen}).encode())
	r.deliver(c)
	return c
}

// leave is told when a line has ended, and with which code. Who closes a page
// says 1001, and its token is gone with it, so nobody could come back for the id.
func (r *realm) leave(c *client, line *signal.Line, code int, now time.Time) {
	const goingAway = 1001
	r.mu.Lock()
	defer r.mu.Unlock()
	if c.line != line {
		return // it has moved to another line, or said LEAVE
	}
	if code == goingAway || r.hold <= 0 || r.away >= heldIDs {
		r.free(c)
		return
	}
	c.line, c.until = nil, now.Add(r.hold)
	r.away++
}

// free lets others have an id.
func (r *realm) free(c *client) {
	if c.line == nil {
		r.away--
	}
	c.line, c.gone = nil, true
	delete(r.clients, c.id)
}

// receive acts on a message that came over a line of c.
func (r *realm) receive(c *client, line *signal.Line, m *message, now time.Time) {
	m.Src = c.id
	switch {
	case m.carried():
		frame := m.encode()
		r.mu.Lock()
		defer r.mu.Unlock()
		if c.line == line {
			r.carry(c, m.Dst, frame, now)
		}
	case m.Type == typeLeave:
		r.mu.Lock()
		defer r.mu.Unlock()
		if c.line == line {
			r.takeLeave(c, m.Dst)
		}
	}
	// HEARTBEAT has done its work by coming. EXPIRE is for us to say.
}

func (r *realm) carry(c *client, dst string, frame []byte, now time.Time) {
	c.talkTo(dst)
	if to := r.clients[dst]; to != nil && to.line != nil {
		to.line.Send(frame)
		return
	}
	r.keep(c, dst, frame, now)
}

// takeLeave tells one peer that c is through with it, if the two have talked; or
// gives up the id, where nobody is named.
func (r *realm) takeLeave(c *client, dst string) {
	if dst == "" {
		c.line.End(goodbye, "you have left")
		r.free(c)
		return
	}
	to := r.clients[dst]
	if to == nil || to.line == nil || !c.talkedTo(dst) && !to.talkedTo(c.id) {
		return
	}
	to.line.Send((&message{Type: typeLeave, Src: c.id, Dst: dst}).encode())
}

// sweep frees ids that were held long enough, and expires mail.
func (r *realm) sweep(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.away > 0 {
		for _, c := range r.clients {
			if c.line == nil && !now.Before(c.until) {
				r.free(c)
			}
		}
	}
	r.expire(now)
}

// connected lists who is.
func (r *realm) connected() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	ids := make([]string, 0, len(r.clients)-r.away)
	for id, c := range r.clients {
		if c.line != nil {
			ids = append(ids, id)
		}
	}
	return ids
}
