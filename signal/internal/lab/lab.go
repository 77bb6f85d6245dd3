// Package lab is a server with a dialect, and clients of it, for tests.
//
// In a bubble of testing/synctest time passes when everybody waits, over pipes
// that hold nothing; a goroutine that outlives its test is a failure there.
package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"turnpike/signal"
	"turnpike/signal/internal/pipe"
)

// Dialect is what is tested.
type Dialect interface {
	http.Handler
	Close() error
}

// Lab is a door, a dialect behind it, and the way there.
type Lab struct {
	T       *testing.T
	Dialect Dialect
	Addr    string

	patience time.Duration // with which clients wait for a frame
	dial     func(ctx context.Context, network, addr string) (net.Conn, error)
}

// InBubble runs a test in a bubble, with a door that is open unless configure
// closes it.
func InBubble(t *testing.T, begin func(*signal.Server) (Dialect, error), test func(*testing.T, *Lab), configure ...func(*signal.Config)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		listener := pipe.Listen()
		l := start(t, listener, begin, configure)
		l.dial, l.patience = listener.Dial, 2*time.Hour
		test(t, l)
	})
}

// OnLoopback serves on a real socket.
func OnLoopback(t *testing.T, begin func(*signal.Server) (Dialect, error), configure ...func(*signal.Config)) *Lab {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := start(t, listener, begin, configure)
	l.dial, l.patience = new(net.Dialer).DialContext, 20*time.Second
	return l
}

func start(t *testing.T, listener net.Listener, begin func(*signal.Server) (Dialect, error), configure []func(*signal.Config)) *Lab {
	t.Helper()
	cfg := signal.Config{ICE: func(string, time.Time) signal.ICE { return signal.ICE{} }, Open: true}
	for _, f := range configure {
		f(&cfg)
	}
	door, err := signal.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	dialect, err := begin(door)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: dialect}
	served := make(chan struct{})
	go func() {
		defer close(served)
		server.Serve(listener)
	}()
	t.Cleanup(func() {
		dialect.Close()
		door.Close()
		server.Close()
		<-served
	})
	return &Lab{T: t, Dialect: dialect, Addr: listener.Addr().String()}
}

// Get returns the answer to a GET with these headers, and its body.
func (l *Lab) Get(path string, header http.Header) (*http.Response, string) {
	l.T.Helper()
	request, err := http.NewRequest(http.MethodGet, "http://"+l.Addr+path, nil)
	if err != nil {
		l.T.Fatal(err)
	}
	if header != nil {
		request.Header = header
	}
	transport := &http.Transport{DialContext: l.dial, DisableKeepAlives: true}
	response, err := transport.RoundTrip(request)
	if err != nil {
		l.T.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		l.T.Fatal(err)
	}
	return response, string(body)
}

// Client is a client under test. What the server sends is read by a goroutine,
// so that pipes do not stall.
type Client struct {
	Conn *websocket.Conn

	lab    *Lab
	frames chan string // closed at the end, after which err is set
	err    error
}

// Dial opens a WebSocket, or says why it cannot.
func (l *Lab) Dial(path string, header http.Header) (*websocket.Conn, error) {
	dialer := websocket.Dialer{NetDialContext: l.dial, HandshakeTimeout: 10 * time.Second}
	conn, response, err := dialer.Dial("ws://"+l.Addr+path, header)
	if err != nil {
		if response != nil {
			err = fmt.Errorf("%s: %w", response.Status, err)
		}
		return nil, err
	}
	l.T.Cleanup(func() { conn.Close() })
	return conn, nil
}

// Silent opens a WebSocket and does not read.
func (l *Lab) Silent(path string) *Client {
	l.T.Helper()
	conn, err := l.Dial(path, nil)
	if err != nil {
		l.T.Fatal(err)
	}
	return &Client{Conn: conn, lab: l, frames: make(chan string, 4096)}
}

// Connect opens a WebSocket and reads.
func (l *Lab) Connect(path string) *Client {
	l.T.Helper()
	c := l.Silent(path)
	c.Listen()
	return c
}

// Listen begins to read.
func (c *Client) Listen() {
	go func() {
		defer close(c.frames)
		for {
			_, data, err := c.Conn.ReadMessage()
			if err != nil {
				c.err = err
				return
			}
			c.frames <- string(data)
		}
	}()
}

// Send writes a text frame.
func (c *Client) Send(text string) {
	c.lab.T.Helper()
	if err := c.Conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		c.lab.T.Fatalf("send %.100s: %v", text, err)
	}
}

// Next returns the next frame, or "" when the connection has ended.
func (c *Client) Next() string {
	c.lab.T.Helper()
	select {
	case frame := <-c.frames:
		return frame
	case <-time.After(c.lab.patience):
		c.lab.T.Fatal("no frame came")
		return ""
	}
}

// Expect checks the next frame, byte for byte.
func (c *Client) Expect(want string) {
	c.lab.T.Helper()
	if got := c.Next(); got != want {
		c.lab.T.Fatalf("got %.300s (%v)\nwant %.300s", got, c.err, want)
	}
}

// ExpectNothing checks, in a bubble, that nothing comes while others act.
func (c *Client) ExpectNothing() {
	c.lab.T.Helper()
	synctest.Wait()
	select {
	case got, ok := <-c.frames:
		c.lab.T.Fatalf("got %.300s (open: %v, %v), want nothing", got, ok, c.err)
	default:
	}
}

// ExpectClose reads on to the end and checks the code of the close frame.
func (c *Client) ExpectClose(code int) {
	c.lab.T.Helper()
	for c.Next() != "" {
	}
	var closed *websocket.CloseError
	if !errors.As(c.err, &closed) || closed.Code != code {
		c.lab.T.Fatalf("the connection ended with %v, want %d", c.err, code)
	}
}

// Close says goodbye with a code, in a bubble, and waits until the server has
// taken note.
func (c *Client) Close(code int) {
	c.Conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(time.Second))
	c.Next()
	c.Conn.Close()
	synctest.Wait()
}
