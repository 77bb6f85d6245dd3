package turnserver

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/turn/v4"
)

// newSharedPort serves the web and TURN on one port, and returns its address.
func newSharedPort(t *testing.T, ca testAuthority, change func(*Config)) (*Server, string) {
	t.Helper()
	s := newTestServer(t, func(c *Config) {
		ca.secure(c)
		c.Listen = []Listener{{"udp", "127.0.0.1", 0}}
		c.Peers.Allow = []string{"127.0.0.1"}
		if change != nil {
			change(c)
		}
	})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	web, err := s.Share(ln)
	if err != nil {
		t.Fatal(err)
	}
	up := websocket.Upgrader{}
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s secure=%t from %s", r.Proto, r.TLS != nil, r.RemoteAddr)
	})
	mux.HandleFunc("/socket", func(w http.ResponseWriter, r *http.Request) {
		c, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		if kind, data, err := c.ReadMessage(); err == nil {
			_ = c.WriteMessage(kind, data)
		}
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: time.Second}
	var running sync.WaitGroup
	running.Go(func() { _ = server.Serve(web) })
	t.Cleanup(func() { server.Close(); running.Wait() })
	return s, ln.Addr().String()
}

func get(t *testing.T, client *http.Client, url string) string {
	t.Helper()
	res, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestWebAndRelayShareAPort(t *testing.T) {
	ca := newTestAuthority(t)
	s, at := newSharedPort(t, ca, nil)
	peer := echo(t)
	t.Run("all at once", func(t *testing.T) {
		for i := range 5 {
			for name, protocols := range map[string][]string{"h2": {"h2", "http/1.1"}, "h1": {"http/1.1"}, "h1 that names nothing": nil} {
				t.Run(fmt.Sprint(name, i), func(t *testing.T) {
					t.Parallel()
					cfg := ca.client()
					cfg.NextProtos = protocols
					transport := &http.Transport{TLSClientConfig: cfg, ForceAttemptHTTP2: name == "h2"}
					defer transport.CloseIdleConnections()
					if name == "h1 that names nothing" {
						transport.Protocols = new(http.Protocols)
						transport.Protocols.SetHTTP1(true)
						transport.DialTLSContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
							return (&tls.Dialer{Config: ca.client()}).DialContext(ctx, network, at)
						}
					}
					want := "HTTP/1.1 secure=true"
					if name == "h2" {
						want = "HTTP/2.0 secure=true"
					}
					if got := get(t, &http.Client{Transport: transport}, "https://"+at+"/"); !strings.HasPrefix(got, want) {
						t.Errorf("got %q, want %q", got, want)
					}
				})
			}
			t.Run(fmt.Sprint("WebSocket", i), func(t *testing.T) {
				t.Parallel()
				c, _, err := (&websocket.Dialer{TLSClientConfig: ca.client()}).Dial("wss://"+at+"/socket", nil)
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				if err := c.WriteMessage(websocket.TextMessage, []byte("hello")); err != nil {
					t.Fatal(err)
				}
				if _, data, err := c.ReadMessage(); err != nil || string(data) != "hello" {
					t.Errorf("%q %v", data, err)
				}
			})
			for name, protocols := range map[string][]string{"TURN by name": {"stun.turn"}, "TURN that names nothing": nil} {
				t.Run(fmt.Sprint(name, i), func(t *testing.T) {
					t.Parallel()
					cfg := ca.client()
					cfg.NextProtos = protocols
					relays(t, s, at, cfg, peer)
				})
			}
		}
	})
	s.empty(t)
}

// relays allocates over TLS, and has a packet echoed by the peer.
func relays(t *testing.T, s *Server, at string, cfg *tls.Config, peer net.Addr) {
	t.Helper()
	conn, err := tls.Dial("tcp", at, cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	username, password, _ := s.Credentials("alice", time.Now())
	client, err := turn.NewClient(&turn.ClientConfig{TURNServerAddr: at, Conn: turn.NewSTUNConn(conn), Username: username, Password: password, LoggerFactory: quiet{}})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Listen(); err != nil {
		t.Fatal(err)
	}
	relay, err := client.Allocate()
	if err != nil {
		t.Fatal(err)
	}
	defer relay.Close()
	_ = relay.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := relay.WriteTo([]byte("hello"), peer); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 100)
	if n, _, err := relay.ReadFrom(b); err != nil || string(b[:n]) != "hello" {
		t.Fatalf("%q %v", b[:n], err)
	}
}

func TestPlainHTTPOnASharedPortIsToldSo(t *testing.T) {
	_, at := newSharedPort(t, newTestAuthority(t), nil)
	c, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(5 * time.Second))
	_, _ = io.WriteString(c, "G")
	line, _ := bufio.NewReader(c).ReadString('\n')
	if !strings.HasPrefix(line, "HTTP/1.0 400 ") {
		t.Errorf("got %q", line)
	}
}

func TestSlowClientsOfASharedPortHoldUpNobodyAndAreClosed(t *testing.T) {
	shorten(t, &handshakeTime, time.Second)
	ca := newTestAuthority(t)
	s, at := newSharedPort(t, ca, nil)
	var slow []net.Conn
	for _, says := range []string{"", "\x16", "\x16\x03\x01\x00\x10"} {
		c, err := net.Dial("tcp", at)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, _ = io.WriteString(c, says)
		slow = append(slow, c)
	}
	silent, err := tls.Dial("tcp", at, ca.client()) // a handshake, and then nothing
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	slow = append(slow, silent)
	transport := &http.Transport{TLSClientConfig: ca.client(), ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	start := time.Now()
	get(t, &http.Client{Transport: transport}, "https://"+at+"/")
	if d := time.Since(start); d >= handshakeTime {
		t.Errorf("others waited for %v", d)
	}
	for _, c := range slow {
		closes(t, c, 3*time.Second)
	}
	s.empty(t)
}

func TestBrowserOfASharedPortIsCountedOnlyUntilItIsOne(t *testing.T) {
	ca := newTestAuthority(t)
	s, at := newSharedPort(t, ca, nil)
	cfg := ca.client()
	cfg.NextProtos = []string{"h2"}
	for range maxUnauthenticatedPerNetwork + 10 { // many tabs, each idle
		c, err := tls.Dial("tcp", at, cfg)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		s.empty(t)
	}
}

func TestSharedPortIsTestedAndHandedOut(t *testing.T) {
	s, at := newSharedPort(t, newTestAuthority(t), nil)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	results, err := s.SelfTest(ctx)
	if err != nil || len(results) != 2 || results[1].URL != "tls://"+at || results[1].Err != nil {
		t.Error(results, err)
	}
	if urls := s.URLs(); urls[len(urls)-1] != "turns:"+at+"?transport=tcp" {
		t.Error(urls)
	}
}

func TestPortIsNotSharedWithoutACertificate(t *testing.T) {
	s := newTestServer(t, nil)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if _, err := s.Share(ln); err == nil || !strings.Contains(err.Error(), "tls.cert") {
		t.Errorf("%v", err)
	}
}
