package signal

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"turnpike/signal/internal/leak"
	"turnpike/signal/internal/pipe"
)

// lab is a server and a way to reach it.
type lab struct {
	t      testing.TB
	server *Server
	http   *http.Server
	addr   string

	patience time.Duration // with which clients wait for a frame
	dial     func(ctx context.Context, network, addr string) (net.Conn, error)
}

// testICE is good for an hour; the user shows in the credential.
func testICE(user string, now time.Time) ICE {
	expires := now.Add(time.Hour).Unix()
	return ICE{
		ICEServers: []ICEServer{{
			URLs:       []string{"turn:192.0.2.1:3478?transport=udp"},
			Username:   fmt.Sprintf("%d:%s", expires, user),
			Credential: "credential of " + user,
		}},
		TTL:       3600,
		ExpiresAt: expires,
	}
}

func newLab(t testing.TB, listener net.Listener, configure []func(*Config)) *lab {
	t.Helper()
	cfg := Config{ICE: testICE, Open: true}
	for _, f := range configure {
		f(&cfg)
	}
	var book ledger
	if cfg.Met == nil {
		cfg.Met, cfg.Parted = book.met, book.parted
	}
	server, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	l := &lab{t: t, server: server, addr: listener.Addr().String(), http: &http.Server{Handler: server, Protocols: new(http.Protocols)}}
	l.http.Protocols.SetHTTP1(true)
	l.http.Protocols.SetUnencryptedHTTP2(true)
	served := make(chan struct{})
	go func() {
		defer close(served)
		l.http.Serve(listener)
	}()
	t.Cleanup(func() {
		server.Close()
		leak.Check(t, "signal.(*socket)", "signal.(*session)", "signal.(*link)", "signal.(*hub)", "signal.(*Server).serveSocket")
		checkNothingIsKept(t, server.hub)
		for client, address := range server.addresses.entries {
			if n := address.queued.Load(); n != 0 {
				t.Errorf("%d bytes are counted for %s", n, client)
			}
		}
		book.check(t, nil)
		l.http.Close()
		<-served
	})
	return l
}

// newLoopbackLab serves on a real socket.
func newLoopbackLab(t testing.TB, configure ...func(*Config)) *lab {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := newLab(t, listener, configure)
	l.dial, l.patience = new(net.Dialer).DialContext, 20*time.Second
	return l
}

// inBubble runs a test in a synctest bubble, where time passes when everybody
// waits, over pipes that hold nothing.
func inBubble(t *testing.T, test func(*testing.T, *lab), configure ...func(*Config)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		listener := pipe.Listen()
		l := newLab(t, listener, configure)
		l.dial, l.patience = listener.Dial, 2*time.Hour
		test(t, l)
	})
}

// checkNothingIsKept fails if the hub remembers somebody who is gone.
func checkNothingIsKept(t testing.TB, h *hub) {
	t.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.sessions)+len(h.rooms)+len(h.calls)+len(h.mail)+len(h.reported)+len(h.slow)+h.held+h.tests > 0 {
		t.Errorf("left in the hub: %d sessions, %d rooms, %d calls, %d mailboxes with %d bytes, %d slow, %d tests",
			len(h.sessions), len(h.rooms), len(h.calls), len(h.mail), h.held, len(h.slow), h.tests)
	}
	kept := 0
	for name, p := range h.names.people {
		if len(p.sessions) > 0 {
			t.Errorf("the name %q has sessions", name)
		}
		kept++
	}
	if kept != h.names.kept {
		t.Errorf("%d names are kept, %d counted", kept, h.names.kept)
	}
}
