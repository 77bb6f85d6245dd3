package coturn

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"turnpike/config"
)

// host is one behind a 1:1 NAT.
var host = Host{
	Recommended: []netip.Prefix{
		netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.0/8"),
		netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("fc00::/7"),
	},
	Addresses: []netip.Addr{netip.MustParseAddr("10.0.0.5")},
	Path:      func(p string) string { return filepath.Join("/etc", p) },
}

// translated translates a file of which every line has to end somewhere, and whose
// result has to be accepted.
func translated(t *testing.T, text string) (*Translation, *config.Config) {
	t.Helper()
	got, err := Translate([]byte(text), host)
	if err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Parse(got.YAML(true))
	if err != nil {
		t.Fatalf("%v\n%s", err, got.YAML(true))
	}
	accounted(t, text, got)
	return got, cfg
}

func accounted(t *testing.T, text string, got *Translation) {
	t.Helper()
	n := 0
	for l := range strings.Lines(text) {
		n++
		if l = strings.TrimSpace(l); l == "" || l[0] == '#' || slices.Contains(got.Taken, n) {
			continue
		}
		if !slices.ContainsFunc(got.Remarks, func(r Remark) bool { return r.Line <= n && n <= r.Last }) {
			t.Errorf("line %d, %s, is neither taken over nor remarked upon", n, l)
		}
	}
}

// said is all remarks, as the command prints them.
func said(got *Translation) string {
	var b strings.Builder
	for _, r := range got.Remarks {
		fmt.Fprintf(&b, "%d: %s: %s\n", r.Line, r.Option, r.Text)
	}
	return b.String()
}

// Each file of testdata is a configuration as a guide makes it, and ends in what its
// neighbour .yml says.
func TestConfigurationsOfTheGuides(t *testing.T) {
	files, err := filepath.Glob("testdata/*.conf")
	if err != nil || len(files) < 4 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			got, _ := translated(t, string(text))
			result := string(got.YAML(true)) + "---\n" + said(got)
			golden := strings.TrimSuffix(file, ".conf") + ".golden"
			if os.Getenv("UPDATE") != "" {
				if err := os.WriteFile(golden, []byte(result), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if result != string(want) {
				t.Errorf("it is now (UPDATE=1 writes it to %s):\n%s", golden, result)
			}
		})
	}
}

// The example that coturn ships has every option, commented out.
func TestEveryOptionOfCoturnsOwnExample(t *testing.T) {
	const example = "/usr/share/doc/coturn/examples/etc/turnserver.conf"
	text, err := os.ReadFile(example)
	if err != nil {
		t.Skip("coturn is not installed (Debian: coturn)")
	}
	translated(t, string(text))

	option := regexp.MustCompile(`(?m)^#([A-Za-z][A-Za-z0-9_-]*)( ?[="]| ".*"|$)`)
	all := option.ReplaceAllString(string(text), "$1$2")
	got, _ := translated(t, all)
	if got.Lines < 100 {
		t.Errorf("%d lines only", got.Lines)
	}
	for _, r := range got.Remarks {
		if strings.Contains(r.Text, "is no option of coturn") && r.Option == "" {
			t.Errorf("line %d: %s", r.Line, r.Text)
		}
	}
}

// Every option of coturn 4.17, and of Debian's older ones.
const options = `listening-device listening-port tls-listening-port alt-listening-port alt-tls-listening-port tcp-proxy-port
listening-ip relay-device relay-ip external-ip relay-threads min-port max-port sock-buf-size lt-cred-mech no-auth user userdb db
psql-userdb sql-userdb mysql-userdb mongo-userdb redis-userdb redis-statsdb prometheus prometheus-port prometheus-address
prometheus-path prometheus-username-labels prometheus-tls prometheus-cert prometheus-key use-auth-secret static-auth-secret
no-auth-pings no-dynamic-ip-list no-dynamic-realms realm server-name oauth user-quota total-quota max-bps bps-capacity verbose
Verbose daemon no-software-attribute software-attribute fingerprint check-origin-consistency no-udp no-tcp no-tls dtls no-dtls
no-udp-relay no-tcp-relay stale-nonce max-allocate-lifetime channel-lifetime permission-lifetime stun-only no-stun cert
raw-public-keys pkey pkey-pwd log-file no-stdout-log syslog simple-log log-min-level new-log-timestamp new-log-timestamp-format
aux-server udp-self-balance alternate-server tls-alternate-server tcp-alternate-server udp-alternate-server rest-api-separator
max-allocate-timeout drain-min-allocations no-multicast-peers allow-loopback-peers allowed-peer-ip denied-peer-ip cipher-list
pidfile secure-stun CA-file dh-file proc-user proc-group mobility no-cli cli cli-ip cli-port cli-password web-admin web-admin-ip
web-admin-port web-admin-listen-on-workers server-relay cli-max-output-sessions ec-curve-name dh566 dh1066 tlsv1 tlsv1_1
no-tlsv1_2 secret-key-file keep-address-family allocation-default-address-family acme-redirect log-binding no-rfc5780 rfc5780
stun-backward-compatibility rfc5766-channel-numbers rfc3489-compatibility response-origin-only-with-rfc5780
respond-http-unsupported drop-invalid-packets drop-invalid-packets-log udp-recvmmsg udp-recvmmsg-log udp-sendmmsg-log udp-gso
include-reason-string multiplex-peer multiplex-peer-port multiplex-peer-max-peers version syslog-facility cpus
unauthorized-ratelimit unauthorized-ratelimit-rps stateless-nonce stateless-nonce-secret
no-tlsv1 no-tlsv1_1 no-stun-backward-compatibility no-loopback-peers prod ne dh2066 no-sslv2 no-sslv3`

func TestEveryOptionEndsSomewhereWhateverItsValue(t *testing.T) {
	for _, option := range strings.Fields(options) {
		for _, value := range []string{"", "=0", "=off", "=1", "=true", "=70000", "=10.0.0.1", " x\tx", "=::", `="a b"`, "=-1", "=10.0.0.9-10.0.0.1", "=a:b"} {
			text := option + value + "\n"
			got, _ := translated(t, text)
			if strings.Contains(said(got), "is no option") {
				t.Errorf("%s is not known", option)
			}
			if twice, _ := translated(t, text+text); twice.Lines != 2 {
				t.Errorf("%s twice: %d lines", option, twice.Lines)
			}
			translated(t, "cert=a.pem\npkey=b.pem\nlistening-ip=10.0.0.5\nuse-auth-secret\n"+text)
		}
	}
}

func TestWhatIsNoTurnserverConfIsSaidToBeNone(t *testing.T) {
	for _, text := range []string{"realm: example.org\n", "\x7fELF\x00\x01\n", "[turn]\n", strings.Repeat("a", MaxFile+1)} {
		if got, err := Translate([]byte(text), Host{}); err == nil {
			t.Errorf("%.20q: %s", text, said(got))
		}
	}
	if _, err := Translate(nil, Host{}); err != nil {
		t.Error("an empty file is coturn at its defaults:", err)
	}
}

func TestALargeFileIsBounded(t *testing.T) {
	for _, line := range []string{
		"user=u%[1]d:b\n", "listening-ip=10.0.%[2]d.%[3]d\naux-server=10.0.%[2]d.%[3]d:9\n", "static-auth-secret=%[1]d\n", "external-ip=10.9.9.9/10.0.%[2]d.%[3]d\n",
		"denied-peer-ip=::1-ffff::%[1]d\nallowed-peer-ip=1::1-fff::%[1]d\n", "realm=r%[1]d\n", "x%[1]d\nrealm\n",
	} {
		var b strings.Builder
		for i := 0; b.Len() < MaxFile-100; i++ {
			fmt.Fprintf(&b, line, i, i/256%256, i%256)
		}
		got, err := Translate([]byte(b.String()), host)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := config.Parse(got.YAML(true)); err != nil {
			t.Error(err)
		}
	}
}

func FuzzTranslate(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.conf")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, option := range strings.Fields(options) {
		f.Add([]byte(option + "=10.0.0.1:1\n" + option))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Translate(data, host)
		if err != nil {
			return
		}
		if _, err := config.Parse(got.YAML(true)); err != nil {
			t.Fatalf("%v\n%s", err, got.YAML(true))
		}
		shown := string(got.YAML(false)) + said(got)
		for _, v := range got.draft.values {
			if v.secret && len(v.text) >= 16 && !strings.Contains(v.name, v.text) && strings.Contains(shown, v.text) {
				t.Fatalf("the secret %q is shown", v.text)
			}
		}
		accounted(t, string(data), got)
	})
}
