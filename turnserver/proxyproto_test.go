package turnserver

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/pion/stun/v3"
)

// proxyV2 is a header of version 2 for a stream from one address to another, with whatever extensions.
func proxyV2(from, to string, extensions ...byte) string {
	a, b := netip.MustParseAddrPort(from), netip.MustParseAddrPort(to)
	family := byte(0x11)
	if a.Addr().Is6() {
		family = 0x21
	}
	var body []byte
	body = append(body, a.Addr().AsSlice()...)
	body = append(body, b.Addr().AsSlice()...)
	body = binary.BigEndian.AppendUint16(body, a.Port())
	body = binary.BigEndian.AppendUint16(body, b.Port())
	body = append(body, extensions...)
	head := append([]byte(proxyV2Signature), 0x21, family)
	return string(append(binary.BigEndian.AppendUint16(head, uint16(len(body))), body...))
}

var proxyHeaders = map[string]struct {
	header string
	client string // "" where it is refused, "none" for a health check
}{
	"1, IPv4":                       {"PROXY TCP4 198.51.100.22 203.0.113.7 35646 3478\r\n", "198.51.100.22:35646"},
	"1, IPv6":                       {"PROXY TCP6 2001:db8::22 2001:db8::7 35646 3478\r\n", "[2001:db8::22]:35646"},
	"1, IPv4 in IPv6":               {"PROXY TCP6 ::ffff:198.51.100.22 ::ffff:203.0.113.7 35646 3478\r\n", "198.51.100.22:35646"},
	"1, unknown":                    {"PROXY UNKNOWN\r\n", "none"},
	"1, unknown with addresses":     {"PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n", "none"},
	"1, too long":                   {"PROXY UNKNOWN " + strings.Repeat("f", 100) + "\r\n", ""},
	"1, no end":                     {"PROXY TCP4 198.51.100.22 203.0.113.7 35646 3478\n" + strings.Repeat(" ", 200), ""},
	"1, other family":               {"PROXY TCP6 198.51.100.22 203.0.113.7 35646 3478\r\n", ""},
	"1, too few fields":             {"PROXY TCP4 198.51.100.22 203.0.113.7 35646\r\n", ""},
	"1, two spaces":                 {"PROXY TCP4  198.51.100.22 203.0.113.7 35646 3478\r\n", ""},
	"1, a port too large":           {"PROXY TCP4 198.51.100.22 203.0.113.7 65536 3478\r\n", ""},
	"1, no port":                    {"PROXY TCP4 198.51.100.22 203.0.113.7 0 3478\r\n", ""},
	"1, a zone":                     {"PROXY TCP6 fe80::1%eth0 2001:db8::7 35646 3478\r\n", ""},
	"1, nobody":                     {"PROXY TCP4 0.0.0.0 203.0.113.7 35646 3478\r\n", ""},
	"1, lower case":                 {"proxy TCP4 198.51.100.22 203.0.113.7 35646 3478\r\n", ""},
	"2, IPv4":                       {proxyV2("198.51.100.22:35646", "203.0.113.7:3478"), "198.51.100.22:35646"},
	"2, IPv6":                       {proxyV2("[2001:db8::22]:35646", "[2001:db8::7]:3478"), "[2001:db8::22]:35646"},
	"2, extensions":                 {proxyV2("198.51.100.22:35646", "203.0.113.7:3478", 0x04, 0, 4, 1, 2, 3, 4), "198.51.100.22:35646"},
	"2, local":                      {string(proxyLocal), "none"},
	"2, local with an address":      {strings.Replace(proxyV2("198.51.100.22:35646", "203.0.113.7:3478"), "\n\x21", "\n\x20", 1), "none"},
	"2, other command":              {strings.Replace(proxyV2("198.51.100.22:35646", "203.0.113.7:3478"), "\n\x21", "\n\x22", 1), ""},
	"2, version 1":                  {strings.Replace(proxyV2("198.51.100.22:35646", "203.0.113.7:3478"), "\n\x21", "\n\x11", 1), ""},
	"2, datagrams":                  {strings.Replace(proxyV2("198.51.100.22:35646", "203.0.113.7:3478"), "\x21\x11", "\x21\x12", 1), ""},
	"2, unspecified":                {proxyV2Signature + "\x21\x00\x00\x00", ""},
	"2, shorter than its addresses": {proxyV2Signature + "\x21\x11\x00\x08" + strings.Repeat("\x01", 20), ""},
	"2, longer than we read":        {proxyV2Signature + "\x20\x00\xff\xff" + strings.Repeat("\x00", 1<<16), ""},
	"2, multicast":                  {proxyV2("224.0.0.1:35646", "203.0.113.7:3478"), ""},
	"2, cut off":                    {proxyV2("198.51.100.22:35646", "203.0.113.7:3478")[:20], ""},
	"STUN":                          {string(bindingRequest().Raw), ""},
	"TLS":                           {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 and more of it", ""},
	"HTTP":                          {"GET / HTTP/1.1\r\nHost: turn.test\r\n\r\n", ""},
	"nothing":                       {"", ""},
}

func TestProxyHeadersAreReadToTheirEndAndNotBeyond(t *testing.T) {
	for name, c := range proxyHeaders {
		t.Run(name, func(t *testing.T) {
			for _, each := range []bool{false, true} {
				rest := strings.NewReader(c.header + "what the client says")
				if c.client == "" {
					rest = strings.NewReader(c.header)
				}
				var r io.Reader = rest
				if each {
					r = iotest.OneByteReader(rest)
				}
				got, err := readProxyHeader(r)
				switch {
				case c.client == "" && err == nil:
					t.Errorf("accepted: %v", got)
				case c.client != "" && err != nil:
					t.Error(err)
				case c.client == "none" && got.IsValid(), c.client != "" && c.client != "none" && got.String() != c.client:
					t.Errorf("got %v, want %s", got, c.client)
				}
				if left, _ := io.ReadAll(rest); c.client != "" && string(left) != "what the client says" {
					t.Errorf("left for the client: %q", left)
				}
			}
		})
	}
}

func FuzzProxyHeader(f *testing.F) {
	for _, c := range proxyHeaders {
		f.Add([]byte(c.header))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		client, err := readProxyHeader(r)
		used := len(b) - r.Len()
		if used > 16+proxyV2Max {
			t.Fatalf("read %d bytes", used)
		}
		if err != nil {
			if client.IsValid() {
				t.Fatal("a client in spite of ", err)
			}
			return
		}
		if client.IsValid() && (client.Port() == 0 || client.Addr().IsUnspecified() || client.Addr().Is4In6() || client.Addr().Zone() != "") {
			t.Fatalf("an impossible client: %v", client)
		}
		again, err := readProxyHeader(bytes.NewReader(b[:used]))
		if err != nil || again != client {
			t.Fatalf("what was used says something else: %v %v", again, err)
		}
	})
}

// behindProxy requires the header of 127.0.0.1, on plain, TLS and shared ports.
func behindProxy(c *Config) { c.ProxyProtocol = []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")} }

// says opens a connection that begins with the words.
func says(t *testing.T, at, words string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := io.WriteString(c, words); err != nil {
		t.Fatal(err)
	}
	return c
}

// mapped asks what address the server sees.
func mapped(t *testing.T, c net.Conn) string {
	t.Helper()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := c.Write(bindingRequest().Raw); err != nil {
		t.Fatal(err)
	}
	var a stun.XORMappedAddress
	if err := a.GetFrom(readMessage(t, c)); err != nil {
		t.Fatal(err)
	}
	return a.String()
}

func TestClientBehindAProxyIsKnownByItsOwnAddress(t *testing.T) {
	ca := newTestAuthority(t)
	s, shared := newSharedPort(t, ca, func(c *Config) {
		behindProxy(c)
		c.Listen = append(c.Listen, Listener{"tcp", "127.0.0.1", 0}, Listener{"tls", "127.0.0.1", 0})
	})
	var separate string
	for _, a := range s.listeners.addrs("tls") {
		if a.String() != shared {
			separate = a.String()
		}
	}
	for name, via := range map[string]struct{ header, want string }{
		"version 1":    {"PROXY TCP4 198.51.100.22 203.0.113.7 35646 3478\r\n", "198.51.100.22:35646"},
		"version 2":    {proxyV2("[2001:db8::22]:35646", "[2001:db8::7]:3478"), "[2001:db8::22]:35646"},
		"health check": {string(proxyLocal), ""},
		"unknown":      {"PROXY UNKNOWN\r\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			check := func(outer, c net.Conn) {
				t.Helper()
				want := via.want
				if want == "" {
					want = outer.LocalAddr().String()
				}
				if got := mapped(t, c); got != want {
					t.Errorf("mapped to %s, want %s", got, want)
				}
			}
			plain := says(t, s.at(t, "tcp"), via.header)
			check(plain, plain)
			for _, at := range []string{separate, shared} {
				outer := says(t, at, via.header)
				check(outer, tls.Client(outer, ca.client()))
			}
			outer := says(t, shared, via.header)
			want := via.want
			if want == "" {
				want = outer.LocalAddr().String()
			}
			transport := &http.Transport{DialTLSContext: func(context.Context, string, string) (net.Conn, error) { return tls.Client(outer, ca.client()), nil }}
			defer transport.CloseIdleConnections()
			if got := get(t, &http.Client{Transport: transport}, "https://turn.test/"); got != "HTTP/1.1 secure=true from "+want {
				t.Errorf("the web sees %q, want %q", got, want)
			}
		})
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	results, err := s.SelfTest(ctx)
	if err != nil || len(results) != 4 {
		t.Fatal(results, err)
	}
	for _, r := range results {
		if r.Err != nil {
			t.Errorf("%s: %v", r.URL, r.Err)
		}
	}
}

func TestListedSenderWithoutAHeaderIsClosed(t *testing.T) {
	shorten(t, &proxyHeaderTime, 300*time.Millisecond)
	s := newTestServer(t, behindProxy)
	for name, words := range map[string]string{
		"missing": string(bindingRequest().Raw),
		"garbage": strings.Repeat("\xff", 64),
		"slow":    "PROXY TCP4 198.51.100.22 203.0.113.7 356",
		"silent":  "",
	} {
		t.Run(name, func(t *testing.T) { closes(t, says(t, s.at(t, "tcp"), words), 2*time.Second) })
	}
	s.empty(t)
	s.counts(t, "bad PROXY header", 4)
}

func TestHeaderOfAnybodyElseIsNeverParsed(t *testing.T) {
	s := newTestServer(t, func(c *Config) { c.ProxyProtocol = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} })
	for name, header := range map[string]string{
		"version 1": "PROXY TCP4 198.51.100.22 203.0.113.7 35646 3478\r\n",
		"version 2": proxyV2("198.51.100.22:35646", "203.0.113.7:3478"),
	} {
		t.Run(name, func(t *testing.T) {
			c := says(t, s.at(t, "tcp"), header+string(bindingRequest().Raw))
			_ = c.SetDeadline(time.Now().Add(5 * time.Second))
			if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil {
				t.Errorf("answered: %d %v", n, err)
			}
		})
	}
	c := says(t, s.at(t, "tcp"), "")
	if got := mapped(t, c); got != c.LocalAddr().String() {
		t.Errorf("mapped to %s", got)
	}
}

func TestLimitsCountWhomTheProxyNames(t *testing.T) {
	s := newTestServer(t, behindProxy)
	header := "PROXY TCP4 198.51.100.22 203.0.113.7 35646 3478\r\n"
	var open []net.Conn
	for range maxUnauthenticatedPerNetwork {
		c := says(t, s.at(t, "tcp"), header)
		mapped(t, c)
		open = append(open, c)
	}
	closes(t, says(t, s.at(t, "tcp"), header+string(bindingRequest().Raw)), 5*time.Second)
	other := says(t, s.at(t, "tcp"), "PROXY TCP4 198.51.100.23 203.0.113.7 35646 3478\r\n")
	if got := mapped(t, other); got != "198.51.100.23:35646" {
		t.Errorf("mapped to %s", got)
	}
	other.Close()
	for _, c := range open {
		c.Close()
	}
	s.empty(t)
}
