package signal

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// client is a peer under test. What the server sends is read by a goroutine,
// so that pipes do not stall.
type client struct {
	t       testing.TB
	lab     *lab
	conn    *websocket.Conn
	session string
	welcome map[string]any
	frames  chan map[string]any // closed at the end, after which err is set
	err     error
}

// connect opens a WebSocket and says nothing yet.
func (l *lab) connect() *client {
	l.t.Helper()
	c := l.connectSilent()
	c.listen()
	return c
}

// connectDeaf leaves the server's pings without an answer.
func (l *lab) connectDeaf() *client {
	l.t.Helper()
	c := l.connectSilent()
	c.conn.SetPingHandler(func(string) error { return nil })
	c.listen()
	c.sendf(`{"type": "hello", "version": 1}`)
	c.expect("welcome")
	return c
}

// connectFrom comes by way of a proxy, which has to be trusted.
func (l *lab) connectFrom(addr string) *client {
	l.t.Helper()
	conn, err := l.tryConnect(http.Header{"X-Forwarded-For": {addr}})
	if err != nil {
		l.t.Fatal(err)
	}
	c := &client{t: l.t, lab: l, conn: conn, frames: make(chan map[string]any, 4096)}
	l.t.Cleanup(func() { conn.Close() })
	c.listen()
	return c
}

// behindProxies trusts whoever comes from this machine.
func behindProxies(cfg *Config) {
	cfg.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}
}

// connectSilent does not read, either.
func (l *lab) connectSilent() *client {
	l.t.Helper()
	conn, err := l.tryConnect(nil)
	if err != nil {
		l.t.Fatal(err)
	}
	c := &client{t: l.t, lab: l, conn: conn, frames: make(chan map[string]any, 4096)}
	l.t.Cleanup(func() { conn.Close() })
	return c
}

func (l *lab) tryConnect(header http.Header) (*websocket.Conn, error) {
	dialer := websocket.Dialer{NetDialContext: l.dial, HandshakeTimeout: 10 * time.Second}
	conn, response, err := dialer.Dial("ws://"+l.addr+"/v1/signal", header)
	if err != nil && response != nil {
		err = fmt.Errorf("%s: %w", response.Status, err)
	}
	return conn, err
}

func (c *client) listen() {
	go func() {
		defer close(c.frames)
		for {
			kind, data, err := c.conn.ReadMessage()
			if err != nil {
				c.err = err
				return
			}
			var frame map[string]any
			if err := json.Unmarshal(data, &frame); err != nil || kind != websocket.TextMessage {
				c.err = fmt.Errorf("the server sent %q: %w", data, err)
				return
			}
			c.frames <- frame
		}
	}()
}

// person connects somebody of that name; the key is made from it.
func (l *lab) person(name string) *client {
	l.t.Helper()
	return l.device(name, "the key of "+name+" and nobody else")
}

func (l *lab) device(name, key string) *client {
	l.t.Helper()
	c := l.connect()
	c.send(map[string]any{"type": "hello", "version": 1, "name": name, "key": key})
	c.welcome = c.expect("welcome")
	c.session = c.welcome["session"].(string)
	return c
}

// people connects several, and has them join a room in this order.
func (l *lab) people(room string, names ...string) []*client {
	l.t.Helper()
	var all []*client
	for _, name := range names {
		c := l.person(name)
		c.sendf(`{"type": "join", "room": %q}`, room)
		c.expect("joined")
		for _, other := range all {
			other.expect("member-joined")
		}
		all = append(all, c)
	}
	return all
}

func (c *client) send(v any) {
	c.t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		c.t.Fatal(err)
	}
	c.sendText(string(data))
}

func (c *client) sendf(format string, args ...any) {
	c.t.Helper()
	c.sendText(fmt.Sprintf(format, args...))
}

func (c *client) sendText(text string) {
	c.t.Helper()
	if err := c.conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		c.t.Fatalf("send %s: %v", text, err)
	}
}

// next returns the next frame, or nil when the connection has ended.
func (c *client) next() map[string]any {
	c.t.Helper()
	select {
	case frame := <-c.frames:
		return frame
	case <-time.After(c.lab.patience):
		c.t.Fatal("no frame came")
		return nil
	}
}

func (c *client) expect(kind string) map[string]any {
	c.t.Helper()
	frame := c.next()
	if frame == nil {
		c.t.Fatalf("the connection ended (%v) before a %s frame", c.err, kind)
	}
	if frame["type"] != kind {
		c.t.Fatalf("got %v, want a %s frame", frame, kind)
	}
	return frame
}

func (c *client) expectError(code string) map[string]any {
	c.t.Helper()
	frame := c.expect("error")
	if frame["code"] != code {
		c.t.Fatalf("got %v, want the code %s", frame, code)
	}
	return frame
}

// expectEnd reads a call-ended frame.
func (c *client) expectEnd(call any, reason string) {
	c.t.Helper()
	frame := c.expect("call-ended")
	if frame["call"] != call || frame["reason"] != reason {
		c.t.Fatalf("got %v, want the call %v to end: %s", frame, call, reason)
	}
}

// expectClose reads on to the end and checks the code of the close frame.
func (c *client) expectClose(code int) {
	c.t.Helper()
	for start := time.Now(); c.next() != nil; {
		if time.Since(start) > c.lab.patience {
			c.t.Fatal("the connection does not end")
		}
	}
	var closed *websocket.CloseError
	if !errors.As(c.err, &closed) || closed.Code != code {
		c.t.Fatalf("the connection ended with %v, want %d", c.err, code)
	}
}

// expectNothing checks that no frame is on its way: the answer to a frame that
// does not exist is the next.
func (c *client) expectNothing() {
	c.t.Helper()
	c.sendf(`{"type": "nothing", "id": "nothing"}`)
	if frame := c.expectError(unknownType); frame["re"] != "nothing" {
		c.t.Fatalf("got %v, want nothing", frame)
	}
}
