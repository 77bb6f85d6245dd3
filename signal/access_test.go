package signal

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// ask requests /v1/ice as if it came from peer to listener.
func ask(server *Server, listener, peer, host string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", "/v1/ice", nil)
	local := net.TCPAddrFromAddrPort(netip.MustParseAddrPort(listener))
	r = r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(local)))
	r.RemoteAddr, r.Host = peer, host
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	return w
}

func mustNew(t *testing.T, cfg Config) *Server {
	t.Helper()
	cfg.ICE = testICE
	server, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return server
}

func TestOnlyTrueLoopbackIsOpen(t *testing.T) {
	server := mustNew(t, Config{Origins: []string{"https://listed.example"}})
	const v4, v6 = "127.0.0.1:8080", "[::1]:8080"
	for _, test := range []struct {
		what, listener, peer, host string
		header                     []string
		want                       int
	}{
		{"localhost", v4, "127.0.0.1:5", "localhost:8080", nil, 200},
		{"localhost, loudly", v4, "127.0.0.1:5", "LocalHost", nil, 200},
		{"the address", v4, "127.0.0.1:5", "127.0.0.1:8080", nil, 200},
		{"a forwarded port", v4, "127.0.0.1:5", "127.0.0.1:9999", nil, 200},
		{"IPv6", v6, "[::1]:5", "[::1]:8080", nil, 200},
		{"IPv6 without a port", v6, "[::1]:5", "[::1]", nil, 200},
		{"a mapped address", "[::ffff:127.0.0.1]:8080", "[::ffff:127.0.0.1]:5", "localhost", nil, 200},
		{"the page itself", v4, "127.0.0.1:5", "localhost:8080", []string{"Origin", "http://localhost:8080"}, 200},

		{"a listener on the network", "192.0.2.1:8080", "127.0.0.1:5", "localhost:8080", nil, 403},
		{"a peer on the network", v4, "192.0.2.9:5", "localhost:8080", nil, 403},
		{"a rebound name", v4, "127.0.0.1:5", "evil.example:8080", nil, 403},
		{"a name that begins well", v4, "127.0.0.1:5", "localhost.evil.example", nil, 403},
		{"another loopback address", v4, "127.0.0.1:5", "127.0.0.2:8080", nil, 403},
		{"no host", v4, "127.0.0.1:5", "", nil, 403},
		{"an address without brackets", v6, "[::1]:5", "::1", nil, 403},
		{"Forwarded", v4, "127.0.0.1:5", "localhost", []string{"Forwarded", "for=127.0.0.1"}, 403},
		{"X-Forwarded-For", v4, "127.0.0.1:5", "localhost", []string{"x-forwarded-for", ""}, 403},
		{"X-Forwarded-Proto", v4, "127.0.0.1:5", "localhost", []string{"X-Forwarded-Proto", "https"}, 403},
		{"X-Real-IP", v4, "127.0.0.1:5", "localhost", []string{"X-Real-IP", "192.0.2.1"}, 403},
		{"Via", v4, "127.0.0.1:5", "localhost", []string{"Via", "1.1 proxy"}, 403},
		{"another origin", v4, "127.0.0.1:5", "localhost:8080", []string{"Origin", "https://evil.example"}, 403},
		{"another port's page", v4, "127.0.0.1:5", "localhost:8080", []string{"Origin", "http://localhost:3000"}, 403},
		{"a listed origin", v4, "127.0.0.1:5", "localhost:8080", []string{"Origin", "https://listed.example"}, 403},
		{"a page without origin", v4, "127.0.0.1:5", "localhost:8080", []string{"Origin", "null"}, 403},
		{"two origins", v4, "127.0.0.1:5", "localhost:8080", []string{"Origin", "http://localhost:8080", "Origin", "https://evil.example"}, 403},
	} {
		w := ask(server, test.listener, test.peer, test.host, test.header...)
		if w.Code != test.want {
			t.Errorf("%s: got %d %s", test.what, w.Code, w.Body)
		}
		if w.Code == 403 && !strings.Contains(w.Body.String(), "http.auth.mode") {
			t.Errorf("%s: the answer does not name the key to set: %s", test.what, w.Body)
		}
	}
}

func TestOpenStillChecksTheOrigin(t *testing.T) {
	server := mustNew(t, Config{Open: true, Origins: []string{"https://Listed.example:443/", "http://other.example:8000"}})
	for origin, want := range map[string]int{
		"":                          200,
		"https://turn.example":      200,
		"http://turn.example:80":    200,
		"https://TURN.example:443":  200,
		"https://listed.example":    200,
		"http://other.example:8000": 200,

		"http://listed.example":        403,
		"http://other.example":         403,
		"https://evil.example":         403,
		"https://turn.example.evil":    403,
		"https://turn.example:8443":    403,
		"https://turn.example@evil.ex": 403,
		"https://listed.example/path":  403,
		"file://":                      403,
		"null":                         403,
		"moz-extension://turn.example": 403,
	} {
		var header []string
		if origin != "" {
			header = []string{"Origin", origin}
		}
		w := ask(server, "192.0.2.1:443", "198.51.100.7:5", "turn.example", header...)
		if w.Code != want {
			t.Errorf("%s: got %d %s", origin, w.Code, w.Body)
		}
		if want == 200 && w.Header().Get("Access-Control-Allow-Origin") != origin {
			t.Errorf("%s: may not be read by its page", origin)
		}
		if want == 403 && w.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: may be read by its page", origin)
		}
	}
}

func TestOriginsThatSayNothingAreRefusedAtStart(t *testing.T) {
	for _, origin := range []string{"*", "example.org", "https://", "https://example.org/app", "ftp://example.org", "https://u@example.org"} {
		if _, err := New(Config{ICE: testICE, Origins: []string{origin}}); err == nil {
			t.Errorf("%q is accepted", origin)
		}
	}
	if _, err := New(Config{}); err == nil {
		t.Error("a server without ICE servers is accepted")
	}
}

func TestBehindATrustedProxyTheForwardedHostCounts(t *testing.T) {
	server := mustNew(t, Config{Open: true, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	header := []string{"Origin", "https://turn.example", "X-Forwarded-Host", "turn.example"}
	if w := ask(server, "10.0.0.1:80", "10.0.0.2:5", "backend:80", header...); w.Code != 200 {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
	if w := ask(server, "10.0.0.1:80", "192.0.2.2:5", "backend:80", header...); w.Code != 403 {
		t.Errorf("from anybody: got %d %s", w.Code, w.Body)
	}
}

func TestTheSocketHasTheSameRules(t *testing.T) {
	l := newLoopbackLab(t, func(cfg *Config) { cfg.Open = false })
	l.person("ada")
	for _, header := range []http.Header{
		{"Origin": {"https://evil.example"}},
		{"Host": {"evil.example"}},
		{"X-Forwarded-For": {"127.0.0.1"}},
	} {
		if _, err := l.tryConnect(header); err == nil || !strings.HasPrefix(err.Error(), "403") {
			t.Errorf("%v: got %v", header, err)
		}
	}
	if conn, err := l.tryConnect(http.Header{"Origin": {"http://" + l.addr}}); err != nil {
		t.Errorf("its own page: %v", err)
	} else {
		conn.Close()
	}

	response, err := http.Get("http://" + l.addr + "/v1/signal")
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, response.Body)
	response.Body.Close()
	if response.StatusCode != http.StatusUpgradeRequired {
		t.Errorf("without an upgrade: %s", response.Status)
	}
}
