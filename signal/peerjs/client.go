package peerjs

import (
	"crypto/sha256"
	"crypto/subtle"
	"time"

	"turnpike/signal"
)

// client is who has an id. All but id and token is guarded by realm.mu.
type client struct {
	id    string
	token [sha256.Size]byte

	line   *signal.Line // nil while it is away
	until  time.Time    // to when its id is held, while it is away
	gone   bool         // its id is somebody else's, or nobody's
	talked map[string]struct{}
	held   int // what its messages to who is not there take, in bytes
}

func newClient(id, token string, line *signal.Line) *client {
	return &client{id: id, token: sha256.Sum256([]byte(token)), line: line, talked: make(map[string]struct{})}
}

func (c *client) owns(token string) bool {
	sum := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(c.token[:], sum[:]) == 1
}

// talkTo remembers that c had something for another. Who talks to more than
// talkLimit cannot send the further ones a LEAVE.
func (c *client) talkTo(id string) {
	if len(id) <= idLimit && len(c.talked) < talkLimit {
		c.talked[id] = struct{}{}
	}
}

func (c *client) talkedTo(id string) bool {
	_, ok := c.talked[id]
	return ok
}
