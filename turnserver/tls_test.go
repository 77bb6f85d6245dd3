package turnserver

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// testAuthority is a certificate authority with one server certificate, good for turn.test and 127.0.0.1.
type testAuthority struct {
	pool   *x509.CertPool
	server tls.Certificate
	file   string // the authority's certificate, PEM
}

func newTestAuthority(t *testing.T, names ...string) testAuthority {
	t.Helper()
	if names == nil {
		names = []string{"turn.test"}
	}
	caKey, caTemplate := testKey(t), &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	caDER, err := x509.CreateCertificate(rand.Reader, caTemplate, caTemplate, &caKey.PublicKey, caKey)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := x509.ParseCertificate(caDER)
	if err != nil {
		t.Fatal(err)
	}
	key := testKey(t)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "turn.test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: names, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}, ca, &key.PublicKey, caKey)
	if err != nil {
		t.Fatal(err)
	}
	a := testAuthority{pool: x509.NewCertPool(), server: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, file: filepath.Join(t.TempDir(), "ca.crt")}
	a.pool.AddCert(ca)
	if err := os.WriteFile(a.file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: caDER}), 0o600); err != nil {
		t.Fatal(err)
	}
	return a
}

func testKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// secure adds a certificate and a tls listener.
func (a testAuthority) secure(c *Config) {
	c.TLS = &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &a.server, nil }}
	c.Listen = append(c.Listen, Listener{"tls", "127.0.0.1", 0})
}

func (a testAuthority) client() *tls.Config {
	return &tls.Config{RootCAs: a.pool, ServerName: "turn.test"}
}

func (s *Server) at(t *testing.T, network string) string { return "127.0.0.1:" + s.port(t, network) }

// binds asks for its own address, and tells whether that is what the server saw.
func binds(t *testing.T, c net.Conn) {
	t.Helper()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	ask := bindingRequest()
	if _, err := c.Write(ask.Raw); err != nil {
		t.Fatal(err)
	}
	if got := readMessage(t, c); got.TransactionID != ask.TransactionID {
		t.Error("another request was answered")
	}
}

// closes waits for the server to end c.
func closes(t *testing.T, c net.Conn, within time.Duration) {
	t.Helper()
	_ = c.SetDeadline(time.Now().Add(within))
	if _, err := io.Copy(io.Discard, c); errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("still open after %v", within)
	}
}

// counts waits until so many were dropped for the reason.
func (s *Server) counts(t *testing.T, reason string, want uint64) {
	t.Helper()
	var n uint64
	for range 300 {
		if n = s.Stats().Drops[reason]; n == want {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%s: %d, want %d", reason, n, want)
}

// shorten changes a time for as long as the test and its servers last; it goes before they are made.
func shorten(t *testing.T, d *time.Duration, to time.Duration) {
	was := *d
	t.Cleanup(func() { *d = was })
	*d = to
}

// empty waits until the admission counts nobody.
func (s *Server) empty(t *testing.T) {
	t.Helper()
	for range 200 {
		s.admission.mu.Lock()
		total, networks := s.admission.total, len(s.admission.networks)
		s.admission.mu.Unlock()
		if total == 0 && networks == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("the admission still counts %d streams of %v", s.admission.total, s.admission.networks)
}

func TestServerRelaysToItselfOverTLS(t *testing.T) {
	s := newTestServer(t, newTestAuthority(t).secure)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	results, err := s.SelfTest(ctx)
	if err != nil || len(results) != 3 {
		t.Fatal(results, err)
	}
	for _, r := range results {
		if r.Err != nil || r.RTT <= 0 {
			t.Errorf("%+v", r)
		}
	}
	if !strings.HasPrefix(results[2].URL, "tls://") {
		t.Errorf("no TLS: %v", results)
	}
}

func TestClientMayNameTheProtocolOfTheRelayOrNone(t *testing.T) {
	ca := newTestAuthority(t)
	s := newTestServer(t, ca.secure)
	for name, protocols := range map[string][]string{"none": nil, "stun.turn": {"stun.turn"}, "stun.nat-discovery": {"stun.nat-discovery"}, "also others": {"h3", "stun.turn"}} {
		t.Run(name, func(t *testing.T) {
			cfg := ca.client()
			cfg.NextProtos = protocols
			c, err := tls.Dial("tcp", s.at(t, "tls"), cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if p := c.ConnectionState().NegotiatedProtocol; protocols != nil && !slices.Contains(protocols, p) {
				t.Errorf("negotiated %q", p)
			}
			binds(t, c)
		})
	}
	t.Run("only others", func(t *testing.T) {
		cfg := ca.client()
		cfg.NextProtos = []string{"h2", "http/1.1"}
		if c, err := tls.Dial("tcp", s.at(t, "tls"), cfg); err == nil {
			c.Close()
			t.Error("a web client was taken for one of the relay")
		}
	})
	s.empty(t)
}

func TestOldTLSIsRefused(t *testing.T) {
	ca := newTestAuthority(t)
	s := newTestServer(t, ca.secure)
	cfg := ca.client()
	cfg.MinVersion, cfg.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	if c, err := tls.Dial("tcp", s.at(t, "tls"), cfg); err == nil {
		c.Close()
		t.Error("TLS 1.1 was accepted")
	}
	s.counts(t, "failed (D)TLS handshake", 1)
}

func TestEitherStreamSocketTakesTheOther(t *testing.T) {
	ca := newTestAuthority(t)
	s := newTestServer(t, ca.secure)
	plain, err := net.Dial("tcp", s.at(t, "tls"))
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	binds(t, plain)
	secure, err := tls.Dial("tcp", s.at(t, "tcp"), ca.client())
	if err != nil {
		t.Fatal(err)
	}
	defer secure.Close()
	binds(t, secure)
}

func TestListenerWithoutCertificateIsAnError(t *testing.T) {
	for _, network := range []string{"tls", "dtls"} {
		s, err := Listen(Config{
			Realm: "turnpike", Listen: []Listener{{network, "127.0.0.1", 5349}}, Credentials: CredentialConfig{Secrets: []string{testSecret}},
			Relay: RelayConfig{Addresses: []RelayAddress{{loopback, loopback}}, MinPort: 49152, MaxPort: 65535},
		})
		if err == nil {
			s.Close()
			t.Fatal("listening without a certificate")
		}
		if want := "listen " + network + "://127.0.0.1:5349: there is no certificate. Set tls.cert and tls.key"; err.Error() != want {
			t.Errorf("got %q, want %q", err, want)
		}
	}
}

func TestHandshakeThatNeverFinishesIsClosedAndCostsNothing(t *testing.T) {
	shorten(t, &handshakeTime, 300*time.Millisecond)
	s := newTestServer(t, newTestAuthority(t).secure)
	for name, says := range map[string]string{
		"nothing":               "",
		"a record's first byte": "\x16",
		"half a hello":          "\x16\x03\x01\x01\x00\x01\x00\x00\xfc\x03\x03",
	} {
		t.Run(name, func(t *testing.T) {
			c, err := net.Dial("tcp", s.at(t, "tls"))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := io.WriteString(c, says); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			closes(t, c, 2*time.Second)
			if d := time.Since(start); d < 200*time.Millisecond {
				t.Errorf("closed after %v, before its time", d)
			}
		})
	}
	s.empty(t)
}

func TestAThousandIdleHandshakesAreHeldToTheCapAndAllReleased(t *testing.T) {
	ca := newTestAuthority(t)
	s := newTestServer(t, ca.secure)
	var conns []net.Conn
	for range 1000 {
		c, err := net.Dial("tcp", s.at(t, "tls"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, _ = io.WriteString(c, "\x16\x03\x01")
		conns = append(conns, c)
	}
	s.counts(t, "too many streams", 1000-maxUnauthenticatedPerNetwork)
	for _, c := range conns {
		c.Close()
	}
	s.empty(t)
	c, err := tls.Dial("tcp", s.at(t, "tls"), ca.client())
	if err != nil {
		t.Fatal("nobody is let in afterwards: ", err)
	}
	defer c.Close()
	binds(t, c)
}

func TestNewCertificateIsUsedFromTheNextHandshakeOn(t *testing.T) {
	old, renewed := newTestAuthority(t), newTestAuthority(t)
	now := &old
	s := newTestServer(t, func(c *Config) {
		old.secure(c)
		c.TLS.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &now.server, nil }
	})
	before, err := tls.Dial("tcp", s.at(t, "tls"), old.client())
	if err != nil {
		t.Fatal(err)
	}
	defer before.Close()
	binds(t, before)
	now = &renewed
	after, err := tls.Dial("tcp", s.at(t, "tls"), renewed.client())
	if err != nil {
		t.Fatal(err)
	}
	defer after.Close()
	binds(t, after)
	binds(t, before)
}

func TestURLsOverTLSHaveANameOfTheCertificate(t *testing.T) {
	public := netip.MustParseAddr("203.0.113.7")
	for name, c := range map[string]struct {
		names []string
		host  string
		want  []string
	}{
		"a name":                       {[]string{"turn.test", "example.org"}, "", []string{"turns:turn.test:%?transport=tcp"}},
		"names that mean nothing":      {[]string{"localhost", "*.example.org"}, "", nil},
		"an address it is for":         {[]string{"localhost"}, "127.0.0.1", []string{"turns:127.0.0.1:%?transport=tcp"}},
		"loopback, which has no name ": {[]string{"turn.test"}, "127.0.0.1", []string{"turns:127.0.0.1:%?transport=tcp"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTestServer(t, func(cfg *Config) {
				newTestAuthority(t, c.names...).secure(cfg)
				cfg.Listen = []Listener{{"tls", c.host, 0}}
				if c.host == "" {
					cfg.Relay.Addresses = []RelayAddress{{public, loopback}}
				}
			})
			var want []string
			for _, u := range c.want {
				want = append(want, strings.ReplaceAll(u, "%", s.port(t, "tls")))
			}
			if got := s.URLs(); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestURLOverTLSKeepsItsPlaceAmongFour(t *testing.T) {
	s := newTestServer(t, func(c *Config) {
		newTestAuthority(t).secure(c)
		c.Listen = []Listener{{"udp", "127.0.0.1", 0}, {"udp", "127.0.0.1", 0}, {"tcp", "127.0.0.1", 0}, {"tcp", "127.0.0.1", 0}, {"tls", "127.0.0.1", 0}}
	})
	got := s.URLs()
	if len(got) != 4 || !strings.HasPrefix(got[3], "turns:") || !strings.HasSuffix(got[2], "tcp") || !strings.HasSuffix(got[0], "udp") {
		t.Errorf("got %q", got)
	}
}

func TestPlanHandsOutWhatTheServerDoes(t *testing.T) {
	ca := newTestAuthority(t)
	s := newTestServer(t, func(c *Config) {
		ca.datagrams(c)
		c.Relay.Addresses = []RelayAddress{{netip.MustParseAddr("203.0.113.7"), loopback}}
		c.Listen = append(c.Listen, Listener{"tls", "", 0})
	})
	cfg := s.cfg
	cfg.Listen = nil
	for _, a := range s.Addrs() {
		l, err := ParseListener(a)
		if err != nil {
			t.Fatal(err)
		}
		cfg.Listen = append(cfg.Listen, l)
	}
	plan, err := Plan(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := plan.URLs(), s.URLs(); len(want) < 3 || !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
