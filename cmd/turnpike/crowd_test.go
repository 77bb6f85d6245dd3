package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"testing"
	"time"
)

// Whoever comes from 127.0.0.N comes from 203.0.113.N; 127.0.0.1 stays what it is.
type afar struct{ net.Listener }

type afarConn struct {
	net.Conn
	from net.Addr
}

func (l afar) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	from := conn.RemoteAddr().(*net.TCPAddr)
	if last := from.IP.To4()[3]; last != 1 {
		from = &net.TCPAddr{IP: net.IPv4(203, 0, 113, last), Port: from.Port}
	}
	return afarConn{conn, from}, nil
}

func (c afarConn) RemoteAddr() net.Addr { return c.from }

func crowded(t *testing.T, most int, trusted ...netip.Prefix) (*crowd, string) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("127.0.0.N is an address of this host on Linux only")
	}
	c := newCrowd(most, trusted)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/socket" {
			return
		}
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
			t.Cleanup(func() { conn.Close() })
		}
	}))
	server.Listener = afar{server.Listener}
	server.Config.ConnState = c.watch
	server.Start()
	t.Cleanup(server.Close)
	return c, server.Listener.Addr().String()
}

// come connects from an address, asks for something, and tells whether there was an answer.
func come(t *testing.T, to, from, path string) (conn net.Conn, answered bool) {
	t.Helper()
	conn, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}).Dial("tcp", to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	_, _ = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: a\r\n\r\n") // fails where we were hung up on already
	_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	_, err = http.ReadResponse(bufio.NewReader(conn), nil)
	return conn, err == nil
}

func TestOneAddressHoldsAnEighthOfTheConnections(t *testing.T) {
	c, to := crowded(t, 16)
	first, ok := come(t, to, "127.0.0.2", "/")
	if !ok {
		t.Fatal("the first is hung up on")
	}
	if _, ok := come(t, to, "127.0.0.2", "/"); !ok {
		t.Error("the second is hung up on")
	}
	if _, ok := come(t, to, "127.0.0.2", "/"); ok {
		t.Error("the third of two is answered")
	}
	if _, ok := come(t, to, "127.0.0.3", "/"); !ok {
		t.Error("another address has no place")
	}
	if n, refused := c.count(); n != 3 || refused != 1 {
		t.Errorf("%d connections, %d refused", n, refused)
	}
	first.Close()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, ok := come(t, to, "127.0.0.2", "/"); ok {
			break
		}
		if time.Now().After(end) {
			t.Fatal("the place of one that is gone is not free again")
		}
	}
}

func TestThisHostAndTrustedProxiesHoldAllPlacesAndNoMore(t *testing.T) {
	for from, trusted := range map[string]netip.Prefix{"127.0.0.1": {}, "127.0.0.9": netip.MustParsePrefix("203.0.113.9/32")} {
		_, to := crowded(t, 8, trusted)
		for i := range 9 {
			if _, ok := come(t, to, from, "/"); ok != (i < 8) {
				t.Errorf("%s, connection %d: answered %v", from, i, ok)
			}
		}
		if _, ok := come(t, to, "127.0.0.4", "/"); ok {
			t.Error("there are more connections than places")
		}
	}
}

func TestWebSocketsTakeNoPlace(t *testing.T) {
	c, to := crowded(t, 1)
	for range 3 {
		if _, ok := come(t, to, "127.0.0.2", "/socket"); !ok {
			t.Error("hung up on, though the ones before have left")
		}
	}
	if n, refused := c.count(); n != 0 || refused != 0 {
		t.Errorf("%d connections, %d refused", n, refused)
	}
}

func TestZeroIsNoLimit(t *testing.T) {
	c, to := crowded(t, 0)
	for range 20 {
		if _, ok := come(t, to, "127.0.0.2", "/"); !ok {
			t.Error("hung up on")
		}
	}
	if n, _ := c.count(); n != 20 {
		t.Errorf("%d connections are counted", n)
	}
}
