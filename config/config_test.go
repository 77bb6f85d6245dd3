package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

const goodSecret = "q7Zp0vX2mK9sLd4RtYw8Bn3J"

func TestExampleEqualsTheDefaults(t *testing.T) {
	got, err := Load("example.yml")
	if err != nil {
		t.Fatal(err)
	}
	if want := Default(); !reflect.DeepEqual(got, want) {
		t.Errorf("example.yml:\n%s\ndefaults:\n%s", printed(t, got), printed(t, want))
	}
}

func TestExampleHoldsEveryKey(t *testing.T) {
	data, err := os.ReadFile("example.yml")
	if err != nil {
		t.Fatal(err)
	}
	_, r := parse(data)
	known := paths(reflect.TypeFor[Config](), "")
	if len(known) < 20 {
		t.Fatalf("only %d keys found in Config", len(known))
	}
	for _, path := range known {
		if r.lines[path] == 0 {
			t.Errorf("example.yml lacks %s", path)
		}
	}
}

func TestEveryKeyHasADocComment(t *testing.T) {
	sections := map[string]bool{}
	for _, section := range []string{"turn", "stun", "http", "tls", "log", "peerjs", "relay", "peers", "credentials", "limits", "auth", "jwks", "admin", "tokens", "drain"} {
		sections[section] = true
	}
	tag := regexp.MustCompile("`yaml:\"([a-z_]+)\"`")
	keys := 0
	for _, file := range []string{"config.go", "turn.go"} {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(string(src), "\n")
		for i, line := range lines {
			m := tag.FindStringSubmatch(line)
			if m == nil {
				continue
			}
			keys++
			if !sections[m[1]] && !strings.Contains(lines[i-1], "//") {
				t.Errorf("%s:%d: %s has no comment", file, i+1, m[1])
			}
		}
	}
	if all := len(paths(reflect.TypeFor[Config](), "")); keys != all {
		t.Errorf("%d keys are in those files, but there are %d", keys, all)
	}
}

func TestNothingAtAllIsTheDefault(t *testing.T) {
	for _, text := range []string{"", "\n", "# nothing\n", "---\n", "turn:\n", "turn:\n  listen:\n  relay:\n"} {
		got, err := Parse([]byte(text))
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if !reflect.DeepEqual(got, Default()) {
			t.Errorf("%q is\n%s", text, printed(t, got))
		}
	}
}

func TestPrintedConfigurationIsReadBackTheSame(t *testing.T) {
	text := `
realm: example.org
turn:
  listen: ["udp://192.0.2.1", "tcp://[2001:db8::1]:5000"]
  urls: ["turn:turn.example.org:3478?transport=udp", "turn:[2001:db8::1]"]
  relay: {addresses: ["192.0.2.1=10.0.0.5", "relay.example.org", "2001:db8::1"], ports: 50000-50010}
  peers: {deny: [recommended, 198.51.100.0/24, "2001:db8::/32"], allow: [10.1.0.0/16, 10.0.0.9], min_port: 0, mode: signaled}
  credentials: {ttl: 1h30m, expiry: strict, max_session: 1d}
  limits: {allocations: 5000, unauthenticated_per_address: 0, bandwidth_per_allocation: 1500000, bandwidth_per_user: 12345, bandwidth: 1G}
  family: follow
  channels: rfc8656
  tcp_relays: true
  mobility: true
  alternate_servers: ["turn2.example.org", "203.0.113.8:5000", "[2001:db8::8]:3478"]
  self_test: 90m
  datapath: portable
stun: {alternate_port: 4000, alternate_address: "203.0.113.11=10.0.0.6"}
http:
  listen: ["https://:443", "http://[::1]:8080"]
  origins: ["https://Example.org", "http://localhost:3000"]
  trusted_proxies: [127.0.0.1, 10.0.0.0/8]
  auth: {mode: open}
tls: {cert: a, key: b}
admin: {listen: ""}
log: {level: debug, format: json}
`
	first, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	second, err := Parse([]byte(printed(t, first)))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(first, second) {
		t.Errorf("first\n%s\nsecond\n%s", printed(t, first), printed(t, second))
	}
	if l := first.Turn.Limits; l.BandwidthPerAllocation != 1_500_000 || l.BandwidthPerUser != 12345 || l.Bandwidth != 1e9 || l.UnauthenticatedPerAddress != 0 {
		t.Errorf("limits are %+v", l)
	}
	if got := first.HTTP.Origins[0]; got != "https://example.org" {
		t.Errorf("origin is %s", got)
	}
}

func TestSecretNeverPrints(t *testing.T) {
	c := Default()
	c.Turn.Credentials.Secrets = []Secret{goodSecret}
	c.Turn.Credentials.FromFiles = []Secret{goodSecret}
	c.Turn.Credentials.Users = map[string]Secret{"alice": goodSecret}
	var log strings.Builder
	for _, h := range []slog.Handler{slog.NewJSONHandler(&log, nil), slog.NewTextHandler(&log, nil)} {
		slog.New(h).Info("x", "secret", Secret(goodSecret), "config", c, "value", *c, "list", c.Turn.Credentials.All(), "users", c.Turn.Credentials.Users)
	}
	js, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"%v": fmt.Sprintf("%v", *c), "%+v": fmt.Sprintf("%+v", *c), "%#v": fmt.Sprintf("%#v", *c),
		"%s": fmt.Sprintf("%s", c.Turn.Credentials.Secrets), "%q": fmt.Sprintf("%q", Secret(goodSecret)),
		"%x": fmt.Sprintf("%x", Secret(goodSecret)), "%d": fmt.Sprintf("%d", c.Turn.Credentials.All()),
		"yaml": printed(t, c), "json": string(js), "slog": log.String(), "String": Secret(goodSecret).String(),
	} {
		if strings.Contains(text, goodSecret) || strings.Contains(text, fmt.Sprintf("%x", goodSecret)) {
			t.Errorf("%s prints the secret", name)
		}
		if !strings.Contains(text, redacted) {
			t.Errorf("%s does not say %s: %s", name, redacted, text)
		}
	}
}

func TestSecretsComeFromFilesToo(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "secret", "  "+goodSecret+"\n", 0o640)
	path := write(t, dir, "turnpike.yml", "turn: {credentials: {secrets: [first-0f9c1e7ab24d], secret_files: [secret]}}", 0o644)
	c, err := Load(path)
	if err != nil {
		t.Fatal(err)
	}
	want := []Secret{"first-0f9c1e7ab24d", goodSecret}
	if got := c.Turn.Credentials.All(); !reflect.DeepEqual(got, want) {
		t.Errorf("secrets are %q and %q", string(got[0]), string(got[len(got)-1]))
	}
}

func TestFilesOpenToEveryoneAreRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("windows has no such permissions")
	}
	dir := t.TempDir()
	secret := write(t, dir, "secret", goodSecret, 0o644)
	path := write(t, dir, "turnpike.yml", "turn:\n  credentials:\n    secret_files:\n    - secret\n", 0o644)
	_, err := Load(path)
	want := path + ":4: turn.credentials.secret_files[0]: " + secret + " is open to every user of this host; mend it with: chmod o= " + secret
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestFilesThatCannotBeReadAreNamed(t *testing.T) {
	dir := t.TempDir()
	short := write(t, dir, "short", "abc", 0o600)
	path := write(t, dir, "turnpike.yml", "turn:\n  credentials:\n    secret_files: [gone, short, .]\n"+
		"http:\n  listen: ['https://:443']\ntls:\n  cert: nocert.pem\n  key: short\n", 0o644)
	_, err := Load(path)
	at := "turn.credentials.secret_files"
	want := strings.Join([]string{
		path + ":3: " + at + "[0]: " + filepath.Join(dir, "gone") + ": no such file or directory",
		path + ":3: " + at + "[1]: the secret in " + short + " is too short: 3 bytes, a secret has at least 16; make one with: openssl rand -base64 32",
		path + ":3: " + at + "[2]: " + dir + " is not a regular file",
		path + ":7: tls.cert: " + filepath.Join(dir, "nocert.pem") + ": no such file or directory",
	}, "\n")
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if _, err := Load(filepath.Join(dir, "none.yml")); err == nil || !strings.HasSuffix(err.Error(), "none.yml: no such file or directory") {
		t.Errorf("a missing configuration: %v", err)
	}
}

func TestWarningsNameTheirKey(t *testing.T) {
	for text, want := range map[string]string{
		"": "turn.credentials.secrets",
		"turn: {credentials: {secrets: [" + goodSecret + "]}}":                    "",
		"http: {listen: ['http://:80']}":                                          "turn.credentials.secrets http.auth.mode http.listen",
		"http: {listen: ['http://:80'], trusted_proxies: [10.0.0.1]}":             "turn.credentials.secrets http.auth.mode",
		"http: {listen: ['http://127.0.0.1:80'], auth: {mode: open}}":             "turn.credentials.secrets",
		"http: {trusted_proxies: [0.0.0.0/0]}":                                    "turn.credentials.secrets http.trusted_proxies",
		"turn: {peers: {deny: [10.0.0.0/8]}}":                                     "turn.credentials.secrets turn.peers.deny",
		"turn: {peers: {allow: [0.0.0.0/0]}}":                                     "turn.credentials.secrets turn.peers.allow",
		"turn: {peers: {deny: []}, credentials: {secret_files: [/x/y/z]}}":        "turn.peers.deny",
		"turn: {credentials: {users: {alice: " + goodSecret + "}}}":               "turn.credentials.secrets",
		"turn: {peers: {mode: relays, allow: [10.0.0.1]}}":                        "turn.credentials.secrets turn.peers.allow",
		"{turn: {peers: {mode: signaled}}, http: {listen: []}}":                   "turn.credentials.secrets turn.peers.mode",
		"turn: {tcp_relays: true, listen: ['udp://:3478']}":                       "turn.credentials.secrets turn.tcp_relays",
		"admin: {listen: 'http://:9641', tokens: [" + goodSecret + "]}":           "turn.credentials.secrets admin.listen",
		"turn: {tcp_relays: true}":                                                "turn.credentials.secrets",
		"{turn: {listen: ['tcp://:3478']}, stun: {alternate_address: 192.0.2.1}}": "turn.credentials.secrets stun.alternate_address",
	} {
		c, err := Parse([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		var keys []string
		for _, w := range c.Warnings(time.Now()) {
			keys = append(keys, w.Key)
		}
		if got := strings.Join(keys, " "); got != want {
			t.Errorf("%s warns of %q, want %q", text, got, want)
		}
	}
}

func TestSecretsInAFileOpenToEveryoneAreWarnedOf(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("windows has no such permissions")
	}
	for _, text := range []string{
		"turn: {credentials: {secrets: [" + goodSecret + "]}}",
		"turn: {credentials: {secret_files: [s], users: {alice: " + goodSecret + "}}}",
	} {
		for mode, warnings := range map[os.FileMode]int{0o644: 1, 0o640: 0} {
			dir := t.TempDir()
			write(t, dir, "s", goodSecret, 0o600)
			path := write(t, dir, "turnpike.yml", text, mode)
			c, err := Load(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := c.Warnings(time.Now()); len(got) != warnings || warnings == 1 && !strings.HasSuffix(got[0].Text, "chmod o= "+path) {
				t.Errorf("mode %o: %v", mode, got)
			}
		}
	}
}

func TestCertificatesThatEndSoonAreWarnedOf(t *testing.T) {
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	dir := t.TempDir()
	writeCertificate(t, dir, begin, begin.AddDate(0, 0, 90))
	c, err := Load(write(t, dir, "turnpike.yml", "turn: {credentials: {secrets: ["+goodSecret+"]}}\ntls: {cert: cert.pem, key: key.pem}", 0o600))
	if err != nil {
		t.Fatal(err)
	}
	cert := filepath.Join(dir, "cert.pem")
	for day, want := range map[int]string{
		-1:  cert + " is not valid before 2026-01-01; browsers refuse it",
		1:   "",
		75:  "",
		77:  cert + " expires on 2026-04-01; renew it",
		91:  cert + " has expired on 2026-04-01; browsers refuse it",
		500: cert + " has expired on 2026-04-01; browsers refuse it",
	} {
		got := ""
		for _, w := range c.Warnings(begin.AddDate(0, 0, day)) {
			got += w.Key + ": " + w.Text
		}
		if got != strings.TrimSuffix("tls.cert: "+want, "tls.cert: ") {
			t.Errorf("day %d: %q, want %q", day, got, want)
		}
	}
}

func writeCertificate(t *testing.T, dir string, begin, end time.Time) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"call.example.org"}, NotBefore: begin, NotAfter: end}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})), 0o644)
	write(t, dir, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})), 0o600)
}

func printed(t *testing.T, c *Config) string {
	t.Helper()
	out, err := yaml.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func write(t *testing.T, dir, name, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	return path
}
