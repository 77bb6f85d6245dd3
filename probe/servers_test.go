package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"turnpike/internal/free"
	"turnpike/turnserver"
)

const secret = "the-probe-needs-a-long-secret-too"

var loopback = netip.MustParseAddr("127.0.0.1")

// newTurnpike starts our own server on loopback, which it may relay to.
func newTurnpike(t *testing.T, change ...func(*turnserver.Config)) netip.AddrPort {
	t.Helper()
	port := free.Port(t, loopback)
	cfg := turnserver.Config{
		Realm:       "example.org",
		Listen:      []turnserver.Listener{{Network: "udp", Host: "127.0.0.1", Port: port}, {Network: "tcp", Host: "127.0.0.1", Port: port}},
		Relay:       turnserver.RelayConfig{Addresses: []turnserver.RelayAddress{{Public: loopback, Local: loopback}}, MinPort: 61000, MaxPort: 65535},
		Peers:       turnserver.PeerConfig{Deny: []string{"recommended"}, Allow: []string{"127.0.0.1"}, MinPort: 1024},
		Credentials: turnserver.CredentialConfig{Secrets: []string{secret}, Users: map[string]string{"bob": "a-password-of-his-own"}, TTL: time.Hour},
		Limits:      turnserver.LimitConfig{PermissionsPerAllocation: 64},
	}
	for _, c := range change {
		c(&cfg)
	}
	s, err := turnserver.Listen(cfg)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve() }()
	t.Cleanup(func() {
		s.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return netip.AddrPortFrom(loopback, uint16(port))
}

// newCoturn starts Debian's coturn on loopback, as it is shipped but for that.
func newCoturn(t *testing.T, more ...string) netip.AddrPort {
	t.Helper()
	program, err := exec.LookPath("turnserver")
	if err != nil {
		t.Skip("coturn is NOT TESTED: turnserver is not installed (Debian: coturn)")
	}
	dir, port := t.TempDir(), free.Port(t, loopback)
	conf := append([]string{"listening-ip=127.0.0.1", "relay-ip=127.0.0.1", fmt.Sprint("listening-port=", port), "realm=example.org",
		"no-cli", "no-tls", "no-dtls", "allow-loopback-peers", "simple-log", "min-port=61000", "max-port=65535",
		"log-file=" + dir + "/log", "pidfile=" + dir + "/pid", "userdb=" + dir + "/db"}, more...)
	if !slices.Contains(more, "no-auth") {
		conf = append(conf, "use-auth-secret", "static-auth-secret="+secret)
	}
	file := filepath.Join(dir, "turnserver.conf")
	if err := os.WriteFile(file, []byte(strings.Join(conf, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-c", file)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	at := netip.AddrPortFrom(loopback, uint16(port))
	for range 100 {
		if c, err := net.Dial("tcp", at.String()); err == nil {
			c.Close()
			return at
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("coturn does not listen")
	return at
}

// run runs a test and gives up if it takes longer than it may.
func run(t *testing.T, o Options) *Report {
	t.Helper()
	began := time.Now()
	r, err := Run(context.Background(), o)
	if err != nil {
		t.Error(err)
		return &Report{Servers: []*Server{{}}}
	}
	if took := time.Since(began); took > Limit {
		t.Errorf("took %v", took)
	}
	for _, s := range r.Servers {
		for _, step := range s.Steps {
			if step.MS > 2*millis(stepLimit) /* this host may be busy */ {
				t.Errorf("%s: the step %q took %.0f ms", s.URL, step.Name, step.MS)
			}
		}
	}
	return r
}

func wants(t *testing.T, r *Report, cause Cause) {
	t.Helper()
	if r.Verdict.Cause != cause {
		var b strings.Builder
		_ = r.WriteTable(&b, func(_ Mark, word string) string { return word })
		t.Errorf("%s, want %s:\n%s", r.Verdict.Cause, cause, &b)
	}
}

func TestTurnpikeIsGoodOverUDPAndTCP(t *testing.T) {
	t.Parallel()
	at := newTurnpike(t)
	r := run(t, Options{URLs: []string{at.String()}, Secret: secret})
	wants(t, r, Good)
	if len(r.Servers) != 2 || !r.Good() {
		t.Fatal(r.Servers)
	}
	for _, s := range r.Servers {
		if s.Realm != "example.org" || !s.Relayed.IsValid() || !s.Mapped.Addr().IsLoopback() || s.Lifetime != 600 || s.facts.Outside != OK {
			t.Errorf("%+v", s)
		}
		if tr := s.Traffic; tr.Sent != 2*packetsEachWay || tr.Loss > 1 || tr.RTT.P50 <= 0 || tr.RTT.P95 < tr.RTT.P50 || tr.Throughput <= 0 || tr.Throughput > tr.Cap || len(tr.Sizes) != len(sizes) {
			t.Errorf("%+v", tr)
		}
	}
}

func TestAUserOfItsOwnIsGood(t *testing.T) {
	t.Parallel()
	at := newTurnpike(t)
	wants(t, run(t, Options{URLs: []string{"turn:" + at.String()}, User: "bob", Pass: "a-password-of-his-own", Rate: -1}), Good)
	wants(t, run(t, Options{URLs: []string{"turn:" + at.String()}, User: "bob", Pass: "another"}), WrongSecret)
}

func TestCoturnIsGoodAndNotSafe(t *testing.T) {
	t.Parallel()
	at := newCoturn(t)
	wants(t, run(t, Options{URLs: []string{at.String()}, Secret: secret, User: "alice"}), Good)
	r := run(t, Options{URLs: []string{"turn:" + at.String()}, Secret: secret, Security: true})
	wants(t, r, Unsafe)
	result := make(map[string]Safety)
	for _, f := range r.Servers[0].Security {
		result[f.ID] = f.Safe
	}
	for id, want := range map[string]Safety{"metadata": Danger, "private": Danger, "link-local": Danger, "multicast": Danger, "amplification": Danger, "anonymous": Safe, "expired": Safe, "mapped": Safe} {
		if result[id] != want {
			t.Errorf("%s: %s, want %s", id, result[id], want)
		}
	}
}

func TestCoturnWithoutPasswordsIsAnOpenRelay(t *testing.T) {
	t.Parallel()
	at := newCoturn(t, "no-auth")
	r := run(t, Options{URLs: []string{"turn:" + at.String()}})
	wants(t, r, Unsafe)
	if want := "The relay is not safe. It sends for everybody, without credentials."; r.Verdict.Sentence != want {
		t.Error(r.Verdict.Sentence)
	}
}

func TestAQuotaIsNamed(t *testing.T) {
	t.Parallel()
	at := newTurnpike(t, func(c *turnserver.Config) { c.Limits.AllocationsPerUser = 1 })
	wants(t, run(t, Options{URLs: []string{"turn:" + at.String()}, Secret: secret}), Quota)
	at = newCoturn(t, "user-quota=1")
	wants(t, run(t, Options{URLs: []string{"turn:" + at.String()}, Secret: secret, User: "alice"}), Quota)
}

func TestPortsThatAreUsedUpAreNamed(t *testing.T) {
	t.Parallel()
	at := newTurnpike(t, func(c *turnserver.Config) { c.Relay.MinPort, c.Relay.MaxPort = 60999, 60999 })
	wants(t, run(t, Options{URLs: []string{"turn:" + at.String()}, Secret: secret}), PortsUsedUp)
}

func TestTurnpikeIsSafe(t *testing.T) {
	t.Parallel()
	at := newTurnpike(t)
	r := run(t, Options{URLs: []string{"turn:" + at.String()}, Secret: secret, Security: true})
	for _, f := range r.Servers[0].Security {
		if f.Safe == Danger {
			t.Errorf("%+v", f)
		}
	}
	if n := count(r.Servers[0].Security, Safe); n < 8 {
		t.Errorf("only %d were tried: %+v", n, r.Servers[0].Security)
	}
}

func TestAServerWithTwoAddressesShowsHowTheNATMapsAndFilters(t *testing.T) {
	t.Parallel()
	second := netip.MustParseAddr("127.0.0.2")
	at := newTurnpike(t, func(c *turnserver.Config) {
		c.Discovery = turnserver.DiscoveryConfig{Port: c.Listen[0].Port + 1, Address: turnserver.RelayAddress{Public: second, Local: second}}
	})
	r := run(t, Options{URLs: []string{"stun:" + at.String()}})
	wants(t, r, Good)
	if n := r.NAT; n == nil || n.Mapping != none || n.Filtering != endpoint || len(n.Seen) != 4 {
		t.Errorf("%+v", n)
	}
}

func TestHowANATMapsIsToldByWhatServersSaw(t *testing.T) {
	see := func(list ...string) (seen []Sight) {
		for pair := range slices.Chunk(list, 2) {
			seen = append(seen, Sight{netip.MustParseAddrPort(pair[0]), netip.MustParseAddrPort(pair[1])})
		}
		return seen
	}
	const a, a2, b, b2 = "192.0.2.1:1", "192.0.2.1:2", "192.0.2.9:1", "192.0.2.9:2"
	const x, y, z = "203.0.113.5:1", "203.0.113.5:2", "203.0.113.5:3"
	local := netip.MustParseAddrPort("10.0.0.1:5")
	for want, seen := range map[string][]Sight{
		none:       see(a, "10.0.0.1:5", b, "10.0.0.1:5"),
		endpoint:   see(a, x, a2, x, b, x, b2, x),
		address1:   see(a, x, a2, x, b, y, b2, y),
		addressAnd: see(a, x, a2, y, b, z),
		portSame:   see(a, x, a2, x),
		unknown:    see(a, x),
	} {
		if got := mapping(local, seen); got != want {
			t.Errorf("%v: %s, want %s", seen, got, want)
		}
	}
}

func TestAClockThatIsBehindIsTold(t *testing.T) {
	t.Parallel()
	slow := func() time.Time { return time.Now().Add(-time.Hour) }
	for _, at := range []netip.AddrPort{newTurnpike(t), newCoturn(t)} {
		r := run(t, Options{URLs: []string{"turn:" + at.String()}, Secret: secret, User: "alice", now: slow})
		wants(t, r, ClockOff)
		if by := time.Duration(r.Verdict.Seconds) * time.Second; (by - time.Hour).Abs() > 3*time.Minute {
			t.Errorf("by %v: %s", by, r.Verdict.Sentence)
		}
	}
}

func TestAnotherServerShowsHowTheNATMaps(t *testing.T) {
	t.Parallel()
	at, via := newTurnpike(t), newTurnpike(t)
	r := run(t, Options{URLs: []string{"stun:" + at.String()}, Via: "stun:" + via.String()})
	if r.NAT == nil || !slices.ContainsFunc(r.NAT.Seen, func(s Sight) bool { return s.Server == via }) || len(r.Servers) != 1 {
		t.Errorf("%+v", r.NAT)
	}
}

func TestSeveralServersAreCompared(t *testing.T) {
	t.Parallel()
	at := newTurnpike(t, func(c *turnserver.Config) { c.Listen = c.Listen[:1] }) // UDP alone
	r := run(t, Options{URLs: []string{at.String(), "stun:" + at.String()}, Secret: secret})
	wants(t, r, ServerDown)
	var causes []Cause
	for _, s := range r.Servers {
		causes = append(causes, s.Verdict.Cause)
	}
	if !slices.Equal(causes, []Cause{Good, ServerDown, Good}) || r.Good() {
		t.Error(causes)
	}
}

func TestAnInterruptedRunTellsWhatIsKnown(t *testing.T) {
	t.Parallel()
	at := newTurnpike(t)
	ctx, cancel := context.WithCancelCause(context.Background())
	r, err := Run(ctx, Options{URLs: []string{"turn:" + at.String()}, Secret: secret, Progress: func(text string) {
		if strings.HasSuffix(text, "packets") {
			cancel(errors.New("interrupt signal received"))
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	wants(t, r, Interrupted)
	for _, step := range r.Servers[0].Steps {
		if step.Result != OK && step.Result != Broken {
			t.Errorf("the server is blamed: %+v", step)
		}
	}
	if !r.Interrupted || r.Good() || !r.Servers[0].Relayed.IsValid() {
		t.Errorf("%+v", r.Servers[0])
	}
}
