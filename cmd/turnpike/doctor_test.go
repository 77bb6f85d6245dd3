package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const healthy = `
turn: {credentials: {secrets: [q7Zp0vX2mK9sLd4RtYw8Bn3J]}, relay: {ports: 50000-50999}}
http: {listen: ["http://localhost:8080"], connections: 1000}
log: {level: warn}
`

// relayedAt is healthy with a relay address.
func relayedAt(address string) string {
	return strings.Replace(healthy, "relay: {", "relay: {addresses: [\""+address+"\"], ", 1)
}

func TestDoctorFindsNothingBadOnASoundHost(t *testing.T) {
	w := newWard(t, "11.22.33.44/24", "2a0b::7/64")
	f := w.doctor(healthy)
	f.has("configuration", sound, "holds no mistake")
	f.has("signaling", sound, "this host alone")
	f.has("sockets", sound, "udp://:3478", "udp://:3479", "http://localhost:8080", "http://localhost:9641")
	f.has("self-test", sound, "udp://11.22.33.44:3478 relays to itself")
	f.has("self-test", sound, "tcp://11.22.33.44:3478 relays to itself")
	f.has("relay-ports", sound, "11.22.33.44: the 64 relay ports tried of 50000-50999 are free")
	f.has("relay-ports", sound, "relay ports: ")
	f.has("relay-address", sound, "peers are told 11.22.33.44, an address of this host")
	f.has("ipv6", sound)
	f.has("outside", unknown, "-via stun:HOST")
	f.has("certificate", doubt, "there is no certificate", "tls: {cert:")
	f.has("data-path", sound, "kernel ")
	if f.Bad != 0 || f.Cut != "" || f.Good < 10 {
		t.Errorf("%d good, %d bad, cut %q", f.Good, f.Bad, f.Cut)
	}
}

func TestDoctorIsTakenAtItsWordAboutTheFirewall(t *testing.T) {
	w := newWard(t, "11.22.33.44/24")
	if _, err := exec.LookPath("nft"); err != nil {
		t.Skip("nft is not installed (Debian: nftables)")
	}
	w.doctor(healthy).has("firewall", sound, "no firewall on this host")
	w.run("nft", "add table inet filter")
	w.run("nft", "add chain inet filter input { type filter hook input priority 0; policy drop; }")
	w.run("nft", "add rule inet filter input iif lo accept")
	w.run("nft", "add rule inet filter input ct state vmap { established : accept, related : accept, invalid : drop }")
	w.run("nft", "add rule inet filter input tcp dport { 22, 3478 } accept")
	w.run("nft", "add rule inet filter input udp dport 50000-50500 accept")
	bad := w.doctor(healthy).has("firewall", broken, "(inet filter input) drops 3478/udp, 3479/udp, 50000-50999/udp", "nft insert rule inet filter input udp dport")
	w.run("sh", "-c", bad.Mend)
	w.doctor(healthy).has("firewall", sound, "the firewall of this host lets in 3478/udp 3479/udp 3478/tcp 50000-50999/udp")
}

func TestDoctorFindsAnAddressThatIsNotHere(t *testing.T) {
	w := newWard(t, "11.22.33.44/24")
	f := w.doctor(relayedAt("11.9.9.9"))
	f.has("relay-address", broken, "no interface of this host has the relay address 11.9.9.9", `addresses: ["11.9.9.9=11.22.33.44"]`)
	f.has("self-test", unknown, "addresses are in order")
	f = w.doctor(relayedAt("11.9.9.9=11.22.33.44"))
	f.has("relay-address", sound, "peers are told 11.9.9.9, which a NAT has to map to 11.22.33.44")
	f.has("self-test", sound, "relays to itself")
	w.doctor(relayedAt("127.0.0.1")).has("relay-address", doubt, "nobody but this host")
	w.doctor(relayedAt("10.1.2.3=11.22.33.44")).has("relay-address", broken, "10.1.2.3, which is private")
	f = w.doctor(strings.Replace(healthy, "turn: {", "turn: {listen: [\"udp://11.9.9.9:3478\"], ", 1))
	f.has("sockets", broken, "this host has no address 11.9.9.9", "turn.listen")

	w.run("ip", "address", "add", "10.0.0.5/24", "dev", "wan")
	f = w.doctor(relayedAt("10.0.0.5"))
	f.has("relay-address", doubt, "10.0.0.5, which is private", "PUBLIC=10.0.0.5")
	f.has("relay-address", doubt, "this host speaks to the internet from 11.22.33.44")
	f.has("ipv6", doubt, "no public IPv6 address")

	w.run("ip", "address", "add", "2a0b::7/64", "dev", "wan")
	w.doctor(relayedAt("11.22.33.44")).has("ipv6", doubt, "2a0b::7", "the relay does not use it")

	w.run("ip", "link", "add", "docker0", "type", "bridge")
	w.run("ip", "address", "add", "172.17.0.1/16", "dev", "docker0")
	w.doctor(relayedAt("172.17.0.1")).has("container", broken, "the bridge docker0", `addresses: ["11.22.33.44"]`)
}

// The router is another namespace: it answers STUN, and maps addresses as told.
func TestDoctorComparesItselfWithWhatIsSeenFromOutside(t *testing.T) {
	inside, router := newWard(t), newWard(t)
	if _, err := exec.LookPath("nft"); err != nil {
		t.Skip("nft is not installed (Debian: nftables)")
	}
	inside.run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "lan", "netns", router.name)
	inside.run("ip", "address", "add", "10.0.0.5/24", "dev", "eth0")
	inside.run("ip", "link", "set", "eth0", "up")
	router.run("ip", "link", "set", "lan", "up")
	for _, address := range []string{"10.0.0.1/24", "11.0.0.1/32", "11.0.0.99/32"} {
		router.run("ip", "address", "add", address, "dev", "lan")
	}
	router.run("ip", "route", "add", "11.0.0.0/24", "dev", "lan")
	inside.run("ip", "route", "add", "default", "via", "10.0.0.1")
	router.daemon(`
turn: {listen: ["udp://11.0.0.1:3478"], relay: {addresses: [11.0.0.1]}, credentials: {secrets: [q7Zp0vX2mK9sLd4RtYw8Bn3J]}}
http: {listen: []}
`)
	via := func(address string) *findings {
		return inside.doctor(relayedAt(address), "-via", "stun:11.0.0.1")
	}
	mapped := func(rule string) {
		router.run("nft", "flush", "ruleset")
		router.run("nft", "add table ip nat")
		router.run("nft", "add chain ip nat input { type nat hook input priority 100; }")
		router.run("nft", "add rule ip nat input ip saddr 10.0.0.5 udp dport 3478 "+rule)
		_ = router.command("conntrack", "-F").Run() // as far as it is installed
	}
	via("10.0.0.5").has("outside", sound, "10.0.0.5, as peers are told")
	mapped("snat to 11.0.0.7")
	via("11.0.0.7=10.0.0.5").has("outside", sound, "11.0.0.7, as peers are told, with the ports unchanged")
	via("11.0.0.8=10.0.0.5").has("outside", broken, "seen from outside this host is 11.0.0.7, but peers are told 11.0.0.8", `addresses: ["11.0.0.7=10.0.0.5"]`)
	via("10.0.0.5").has("outside", broken, "but peers are told 10.0.0.5", `addresses: ["11.0.0.7=10.0.0.5"]`)
	mapped("snat to 11.0.0.7:1024-1999")
	via("11.0.0.7=10.0.0.5").has("outside", broken, "a NAT changes ports", "forward UDP 50000-50999")
	inside.doctor(healthy, "-via", "stun:11.0.0.99:5000").has("outside", doubt, "11.0.0.99:5000 gives no answer to 10.0.0.5")
}

func TestDoctorTriesTheDaemonThatRuns(t *testing.T) {
	w := newWard(t, "11.22.33.44/24")
	w.daemon(healthy)
	f := w.doctor(healthy)
	f.has("sockets", sound, "udp://:3478 is held by the daemon (turnpike, pid ")
	f.has("sockets", sound, "http://localhost:9641 is held by the daemon")
	f.has("self-test", sound, "udp://11.22.33.44:3478 relays to itself")
	f.has("self-test", sound, "tcp://11.22.33.44:3478 relays to itself")
	f.has("relay-ports", sound, "relay ports: ")
	f.has("daemon", sound, "the daemon is ready")
	f.has("files", sound, "the daemon may have")
	f.noneIs(broken, "sockets", "self-test", "relay-ports", "daemon")

	other := strings.Replace(healthy, "q7Zp0vX2mK9sLd4RtYw8Bn3J", "m3Vt8sQx1LzR6kWc0PyB5hDf", 1)
	w.doctor(other).has("self-test", broken, "systemctl restart turnpike")
	w.doctor(`http: {listen: ["http://localhost:8080"]}`).has("self-test", unknown, "a secret of its own")
	w.doctor(strings.Replace(healthy, "8080", "8081", 1)).has("sockets", doubt, "http://localhost:8081", "another configuration")
}

// With a certificate there are four transports, and the port of the web is the relay's as well.
func TestDoctorTriesEveryTransport(t *testing.T) {
	w := newWard(t, "11.22.33.44/24")
	save(t, w.dir, "x", issue(t, nil, x509.Certificate{DNSNames: []string{"turn.example.org"}}))
	config := `
turn:
  listen: ["udp://:3478", "tcp://:3478", "tls://:5349", "dtls://:5349"]
  credentials: {secrets: [q7Zp0vX2mK9sLd4RtYw8Bn3J]}
http: {listen: ["https://:443"]}
tls: {cert: x.pem, key: x.key}
log: {level: warn}
`
	for _, running := range []bool{false, true} {
		if running {
			w.daemon(config)
		}
		f := w.doctor(config)
		for _, at := range []string{"udp://11.22.33.44:3478", "tcp://11.22.33.44:3478", "tls://11.22.33.44:5349", "dtls://11.22.33.44:5349", "tls://11.22.33.44:443"} {
			f.has("self-test", sound, at+" relays to itself")
		}
		f.has("certificate", doubt, "signed by itself")
		f.noneIs(broken, "sockets", "self-test", "relay-ports", "daemon")
	}
}

func TestDoctorNamesWhoHasThePort(t *testing.T) {
	w := newWard(t, "11.22.33.44/24")
	w.start(copyProgram(t, w.dir, "occupy"), "11.22.33.44:3478", "11.22.33.44:50000")
	w.waitFor("50000")
	f := w.doctor(healthy)
	f.has("sockets", broken, "udp://:3478 is in use by another program (occupy, pid ", "turn.listen")
	f.has("self-test", unknown, "sockets")

	f = w.doctor(strings.Replace(healthy, "turn: {", "turn: {listen: [\"udp://:3500\"], ", 1))
	f.has("self-test", sound, "udp://11.22.33.44:3500")
	f.has("relay-ports", doubt, "other programs hold 1 of the 64 relay ports tried: 50000 (occupy, pid ", "turn.relay.ports")
}

// The ports of one test may still be closing while the next one looks at them.
func TestDoctorIsAtEaseWithFewRelayPorts(t *testing.T) {
	w := newWard(t, "11.22.33.44/24")
	for range 3 {
		f := w.doctor(strings.Replace(healthy, "50000-50999", "50000-50019", 1))
		f.has("relay-ports", sound, "the 20 relay ports tried of 50000-50019 are free")
		f.noneIs(broken, "relay-ports", "self-test")
		f.noneIs(doubt, "relay-ports")
	}
}

func TestDoctorSaysWhatItDoesNotSeeWithoutRoot(t *testing.T) {
	w := newWard(t, "11.22.33.44/24")
	w.daemon(healthy)
	file := w.write("turnpike.yml", healthy)
	if err := errors.Join(os.Chown(file, 65534, 65534), os.Chmod(w.dir, 0o755), os.Chmod(filepath.Dir(w.dir), 0o755)); err != nil {
		t.Fatal(err)
	}
	f := diagnose(t, w.command("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", w.binary, "doctor", "-json", "-config", file))
	f.has("sockets", unknown, "udp://:3478 is in use, by whom only root can see")
	f.has("firewall", unknown, "has to let in 3478/udp", "nft insert rule")
	f.has("self-test", sound, "udp://11.22.33.44:3478 relays to itself")
}

func TestDoctorIsInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var d diagnosis
	var looked []string
	examine(ctx, &patient{root: "/"}, &d, func(name string) {
		looked = append(looked, name)
		if name == "signaling" {
			cancel()
		}
	})
	if d.Cut != "interrupted" || len(looked) != 3 || d.Good == 0 {
		t.Errorf("cut: %q, looked at %v, %d good", d.Cut, looked, d.Good)
	}
	var out bytes.Buffer
	d.writeText(&styled{Writer: &out})
	if !strings.HasSuffix(out.String(), "; interrupted\n") || !strings.Contains(out.String(), "can be read and holds no mistake") {
		t.Errorf("%s", &out)
	}
}

func TestEveryCheckIsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/doctor.md")
	if err != nil {
		t.Fatal(err)
	}
	rest := string(text)
	for _, e := range examinations {
		var found bool
		if _, rest, found = strings.Cut(rest, "\n| `"+e.name+"` |"); !found {
			t.Errorf("docs/doctor.md has no row for %s, or not in its order", e.name)
		}
	}
}
