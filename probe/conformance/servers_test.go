package conformance

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pion/logging"
	"github.com/pion/turn/v4"

	"turnpike/internal/free"
	"turnpike/turnserver"
)

const secret = "conformance-needs-a-long-secret"

var (
	loopback       = netip.MustParseAddr("127.0.0.1")
	secondLoopback = netip.MustParseAddr("127.0.0.2")
	loopback6      = netip.MustParseAddr("::1")
)

// host6 is an IPv6 address to relay on: not loopback, where there is another.
func host6() (netip.Addr, bool) {
	addrs, _ := net.InterfaceAddrs()
	best, found := loopback6, false
	for _, a := range addrs {
		n, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		switch addr, _ := netip.AddrFromSlice(n.IP); {
		case !addr.Is6() || addr.Is4In6() || addr.IsLinkLocalUnicast():
		case addr == loopback6:
			found = true
		default:
			return addr, true
		}
	}
	return best, found
}

// host is the address that servers of these tests listen and relay on: not loopback, where there is another, so that loopback can be refused.
func host() netip.Addr {
	if a := localAddress(netip.MustParseAddrPort("198.51.100.1:9")); a.Is4() {
		return a
	}
	return loopback
}

// newTurnpike starts our own server, and returns its address. Its relays are beyond the ports that Linux gives to this test's clients. It may relay to the address it is on, so that tests can have peers there.
func newTurnpike(t *testing.T, at netip.Addr, change func(*turnserver.Config)) netip.AddrPort {
	t.Helper()
	port := free.Port(t, at)
	cfg := turnserver.Config{
		Realm:       "example.org",
		Listen:      []turnserver.Listener{{Network: "udp", Host: at.String(), Port: port}, {Network: "tcp", Host: at.String(), Port: port}},
		Relay:       turnserver.RelayConfig{Addresses: []turnserver.RelayAddress{{Public: host(), Local: host()}}, MinPort: 61000, MaxPort: 65535},
		Peers:       turnserver.PeerConfig{Deny: []string{"recommended"}, Allow: []string{host().String()}, MinPort: 1024},
		Credentials: turnserver.CredentialConfig{Secrets: []string{secret}, Users: map[string]string{"alice": usersPassword}, TTL: time.Hour},
		Limits:      turnserver.LimitConfig{PermissionsPerAllocation: 64},
		TCPRelays:   true,
		Mobility:    true,
	}
	if a, ok := host6(); ok {
		cfg.Relay.Addresses = append(cfg.Relay.Addresses, turnserver.RelayAddress{Public: a, Local: a})
	}
	if change != nil {
		change(&cfg)
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
	return netip.AddrPortFrom(at, uint16(port))
}

// usersPassword is alice's.
const usersPassword = "a-password-of-her-own"

// withUsers has no secret, so that USERHASH can be offered.
func withUsers(c *turnserver.Config) {
	c.Credentials.Secrets = nil
}

// withDiscovery has a second address and port; it has to be on loopback.
func withDiscovery(c *turnserver.Config) {
	c.Relay.Addresses = []turnserver.RelayAddress{{Public: loopback, Local: loopback}}
	c.Peers.Allow = []string{loopback.String()}
	c.Discovery = turnserver.DiscoveryConfig{Port: c.Listen[0].Port + 1, Address: turnserver.RelayAddress{Public: secondLoopback, Local: secondLoopback}}
}

func coturnInstalled() bool {
	_, err := exec.LookPath("turnserver")
	return err == nil
}

// newCoturn starts Debian's coturn on an address, or on two where it is to tell how NATs behave, and returns its address and version. It may
// relay to the address it is on.
func newCoturn(t *testing.T, at netip.Addr, others ...netip.Addr) (netip.AddrPort, string) {
	t.Helper()
	program, err := exec.LookPath("turnserver")
	if err != nil {
		t.Skip("coturn is NOT TESTED: turnserver is not installed (Debian: coturn)")
	}
	version, err := exec.Command(program, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	dir, port := t.TempDir(), free.Port(t, at)
	conf := fmt.Sprintf(`listening-ip=%[1]s
relay-ip=%[1]s
listening-port=%[2]d
min-port=61000
max-port=65535
realm=example.org
use-auth-secret
static-auth-secret=%[3]s
no-cli
no-tls
no-dtls
mobility
log-file=%[4]s/log
simple-log
pidfile=%[4]s/pid
userdb=%[4]s/db
`, at, port, secret, dir)
	if at.IsLoopback() {
		conf += "allow-loopback-peers\n"
	} else if a, ok := host6(); ok && !a.IsLoopback() {
		conf += fmt.Sprintf("relay-ip=%s\n", a)
	}
	for _, a := range others {
		conf += fmt.Sprintf("listening-ip=%s\n", a)
	}
	file := filepath.Join(dir, "turnserver.conf")
	if err := os.WriteFile(file, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	start(t, exec.Command(program, "-c", file))
	return netip.AddrPortFrom(at, uint16(port)), "coturn " + regexp.MustCompile(`\d+\.\d+[.\d]*`).FindString(string(version))
}

// start runs a program until the test ends.
func start(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// pionAt is the variable by which this test's program is told to be a pion server, in a process of its own: it is going to be treated badly.
const pionAt = "CONFORMANCE_PION_AT"

func TestMain(m *testing.M) {
	if at := os.Getenv(pionAt); at != "" {
		if err := servePion(at); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// newPion starts a server made of pion/turn v4 as its examples do.
func newPion(t *testing.T) (netip.AddrPort, string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	at := netip.AddrPortFrom(host(), uint16(free.Port(t, host())))
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), pionAt+"="+at.String())
	stdin, err := cmd.StdinPipe() // when this process ends, however it does, so does that one
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stdin.Close() })
	start(t, cmd)
	return at, "pion/turn " + moduleVersion(t, "github.com/pion/turn/v4")
}

func servePion(at string) error {
	packets, err := net.ListenPacket("udp4", at)
	if err != nil {
		return err
	}
	streams, err := net.Listen("tcp4", at)
	if err != nil {
		return err
	}
	ip := netip.MustParseAddrPort(at).Addr()
	relay := &turn.RelayAddressGeneratorPortRange{RelayAddress: ip.AsSlice(), Address: ip.String(), MinPort: 61000, MaxPort: 65535}
	quiet := logging.NewDefaultLoggerFactory()
	quiet.DefaultLogLevel = logging.LogLevelDisabled
	s, err := turn.NewServer(turn.ServerConfig{
		Realm:             "example.org",
		AuthHandler:       turn.LongTermTURNRESTAuthHandler(secret, quiet.NewLogger("")),
		PacketConnConfigs: []turn.PacketConnConfig{{PacketConn: packets, RelayAddressGenerator: relay}},
		ListenerConfigs:   []turn.ListenerConfig{{Listener: streams, RelayAddressGenerator: relay}},
		LoggerFactory:     quiet,
	})
	if err != nil {
		return err
	}
	_, _ = bufio.NewReader(os.Stdin).ReadByte() // until the test is over
	return s.Close()
}

func moduleVersion(t *testing.T, path string) string {
	t.Helper()
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}", path).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimPrefix(strings.TrimSpace(string(out)), "v")
}

func turnURL(at netip.AddrPort, network string) string {
	return fmt.Sprintf("turn:%s?transport=%s", at, network)
}
