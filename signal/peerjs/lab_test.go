package peerjs

import (
	"fmt"
	"testing"
	"time"

	"turnpike/signal"
	"turnpike/signal/internal/lab"
)

const hold = 30 * time.Second

// bed is a lab with the names of this dialect.
type bed struct {
	*lab.Lab
	server *Server
}

func inBubble(t *testing.T, test func(*testing.T, *bed), configure ...func(*Config, *signal.Config)) {
	t.Helper()
	b := new(bed)
	cfg := Config{Hold: hold}
	for _, f := range configure {
		f(&cfg, &signal.Config{})
	}
	lab.InBubble(t, b.begin(cfg), func(t *testing.T, l *lab.Lab) {
		b.Lab = l
		test(t, b)
		b.server.Close()
		b.checkNothingIsKept(t)
	}, func(door *signal.Config) {
		for _, f := range configure {
			f(&Config{}, door)
		}
	})
}

func (b *bed) begin(cfg Config) func(*signal.Server) (lab.Dialect, error) {
	return func(door *signal.Server) (lab.Dialect, error) {
		cfg.Door = door
		server, err := New(cfg)
		b.server = server
		return server, err
	}
}

// checkNothingIsKept fails if a count went wrong, or somebody connected is left.
func (b *bed) checkNothingIsKept(t *testing.T) {
	t.Helper()
	r := b.server.realm
	r.mu.Lock()
	away, size := 0, 0
	for id, c := range r.clients {
		if c.line != nil {
			t.Errorf("%s is still connected", id)
		}
		away++
	}
	for _, box := range r.mail {
		for _, l := range box.letters {
			size += l.size()
		}
	}
	if away != r.away || size != r.size {
		t.Errorf("%d are away, %d counted; mail has %d bytes, %d counted", away, r.away, size, r.size)
	}
	r.mu.Unlock()
	r.sweep(time.Now().Add(time.Hour))
	if len(r.clients)+r.away+len(r.mail)+r.size > 0 {
		t.Errorf("left in the realm: %d clients, %d away, %d mailboxes, %d bytes", len(r.clients), r.away, len(r.mail), r.size)
	}
}

func at(id, token string) string {
	return "/peerjs/peerjs?key=peerjs&id=" + id + "&token=" + token + "&version=1.5.5"
}

// peer connects an id; its token is made from it.
func (b *bed) peer(id string) *lab.Client {
	b.T.Helper()
	c := b.Connect(at(id, "token-of-"+id))
	c.Expect(`{"type":"OPEN"}`)
	return c
}

func offer(dst string) string {
	return fmt.Sprintf(`{"type":"OFFER","dst":%q,"payload":{"sdp":1}}`, dst)
}

func offered(src, dst string) string {
	return fmt.Sprintf(`{"type":"OFFER","src":%q,"dst":%q,"payload":{"sdp":1}}`, src, dst)
}

func expired(src, dst string) string {
	return fmt.Sprintf(`{"type":"EXPIRE","src":%q,"dst":%q}`, src, dst)
}
