package main

import (
	"encoding/xml"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"turnpike/internal/free"
)

// Prosody signs credentials for people on XMPP, and so on Jitsi Meet, by itself; the
// relay takes them.
func TestProsodyHandsOutCredentialsThatOpenTheRelay(t *testing.T) {
	const secret = "q7Zp0vX2mK9sLd4RtYw8Bn3J"
	relay, _ := serving(t, `
turn: {listen: ["udp://127.0.0.1:3478"], relay: {addresses: [127.0.0.1]}, credentials: {secrets: [`+secret+`]}}
`)
	addr := strings.TrimPrefix(relay.Addrs()[0], "udp://")
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	chat := startProsody(t, fmt.Sprintf(`
external_service_secret = %q
external_services = {
  { type = "turn", host = "127.0.0.1", port = %[2]s, transport = "udp", secret = true, ttl = 43200, algorithm = "turn" },
  { type = "turn", host = "127.0.0.1", port = %[2]s, transport = "udp", secret = true, ttl = 60, algorithm = "turn", username = "meet" },
}
`, secret, port))

	services := askServices(t, chat)
	if len(services) != 2 {
		t.Fatalf("%d services: %v", len(services), services)
	}
	for i, s := range services {
		if s.Type != "turn" || s.Transport != "udp" || net.JoinHostPort(s.Host, s.Port) != addr {
			t.Errorf("%+v is not the relay at %s", s, addr)
		}
		if named := strings.HasSuffix(s.Username, ":meet"); named != (i == 1) {
			t.Errorf("the user of service %d is %s", i, s.Username)
		}
		open(t, addr, s.Username, s.Password)
	}
	coturnClient(t, addr, services[0].Username, services[0].Password)
}

// service is what XEP-0215 says of one.
type service struct {
	Type      string `xml:"type,attr"`
	Host      string `xml:"host,attr"`
	Port      string `xml:"port,attr"`
	Transport string `xml:"transport,attr"`
	Username  string `xml:"username,attr"`
	Password  string `xml:"password,attr"`
}

// startProsody returns where it listens for clients, on loopback and without TLS.
func startProsody(t *testing.T, services string) string {
	t.Helper()
	prosody, err := exec.LookPath("prosody")
	if err != nil {
		t.Skip("Prosody is not installed (Debian: prosody)")
	}
	addr := freeAddress(t)
	_, port, _ := net.SplitHostPort(addr)
	dir := t.TempDir()
	config := filepath.Join(dir, "prosody.cfg.lua")
	text := fmt.Sprintf(`
run_as_root = true
daemonize = false
data_path = %q
pidfile = %q
log = { info = "*console" }
interfaces = { "127.0.0.1" }
c2s_ports = { %s }
http_ports, https_ports = {}, {}
modules_enabled = { "saslauth", "disco", "external_services" }
modules_disabled = { "s2s", "tls", "posix" }
c2s_require_encryption = false
%s
VirtualHost "meet.example.org"
  authentication = "anonymous"
`, dir, filepath.Join(dir, "pid"), port, services)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	runBeside(t, exec.Command(prosody, "--config", config, "-F"), addr)
	return addr
}

// askServices is a guest who asks the server for its services.
func askServices(t *testing.T, addr string) []service {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	in := xml.NewDecoder(conn)

	// say writes, and reads until an element of that name has come.
	say := func(text, element string, v any) {
		t.Helper()
		if _, err := conn.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		for {
			token, err := in.Token()
			if err != nil {
				t.Fatalf("%s: %v", element, err)
			}
			start, ok := token.(xml.StartElement)
			if !ok || start.Name.Local != element {
				continue
			}
			if err := in.DecodeElement(v, &start); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	const stream = `<stream:stream to="meet.example.org" version="1.0" xmlns="jabber:client" xmlns:stream="http://etherx.jabber.org/streams">`
	var nothing struct{}
	say(`<?xml version="1.0"?>`+stream, "features", &nothing)
	say(`<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="ANONYMOUS"/>`, "success", &nothing)
	in = xml.NewDecoder(conn) // a new stream begins
	say(stream, "features", &nothing)
	say(`<iq type="set" id="1"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></iq>`, "iq", &nothing)
	var answer struct {
		Services []service `xml:"services>service"`
	}
	say(`<iq type="get" id="2" to="meet.example.org"><services xmlns="urn:xmpp:extdisco:2"/></iq>`, "iq", &answer)
	return answer.Services
}

// freeAddress is a place on loopback where a server may listen.
func freeAddress(t *testing.T) string {
	at := netip.MustParseAddr("127.0.0.1")
	return netip.AddrPortFrom(at, uint16(free.Port(t, at))).String()
}

// runBeside runs a program until the test ends, and waits until it listens.
func runBeside(t *testing.T, cmd *exec.Cmd, addr string) {
	t.Helper()
	var out transcript
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
		if t.Failed() {
			t.Logf("%s:\n%s", cmd.Path, out.String())
		}
	})
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("%s ended: %v", cmd.Path, err)
		default:
		}
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			return
		}
	}
	t.Fatalf("%s does not listen on %s", cmd.Path, addr)
}
