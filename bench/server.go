//go:build linux

package main

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"text/template"
	"time"

	"turnpike/bench/lab"
	"turnpike/bench/load"
	"turnpike/bench/report"
)

const (
	port    = 3478
	tlsPort = 5349
	realm   = "bench"
)

// A server is a program that relays, and how to start it. Its words are templates of a setting.
type server struct {
	name   string
	what   string
	words  []string
	config string // written to {{.Dir}}/turnpike.yml
	lacks  []string
}

// What servers may lack.
const (
	lacksIPv6        = "IPv6"
	lacksStreams     = "TCP and TLS"
	lacksIndications = "indications"
	lacksCredentials = "credentials"
)

// A setting is what a server must know.
type setting struct {
	Dir, Bin      string // where files are written, and where our own programs are
	IP4, IP6      netip.Addr
	Port, TLSPort int
	Realm, Secret string
	Cert, Key     string
}

// direct is no server.
var direct = server{name: report.Direct, what: "no relay: clients and peers reach each other over the same veth pair", lacks: []string{lacksStreams}}

// floor is a bare forwarder.
var floor = server{
	name: "floor", what: "bench/floor: forwards by recvmmsg and sendmmsg in Go, without credentials, permissions, lifetimes or limits",
	words: []string{"{{.Bin}}/floor", "-listen", "{{.IP4}}:{{.Port}}", "-listen", "[{{.IP6}}]:{{.Port}}"},
	lacks: []string{lacksStreams, lacksIndications, lacksCredentials},
}

// turnpike is ours, with one of its data paths.
func turnpike(datapath string) server {
	return server{
		name: "turnpike-" + datapath, what: "turnpike, data path " + datapath,
		words:  []string{"{{.Bin}}/turnpike", "-config", "{{.Dir}}/turnpike.yml"},
		config: strings.Replace(turnpikeConfig, "DATAPATH", datapath, 1),
	}
}

// The recommended list denies what is set aside for benchmarks. There is one CPU, and so one shard: with more, a hash of addresses decides how evenly
// they are used.
const turnpikeConfig = `realm: {{.Realm}}
turn:
  listen: ["udp://{{.IP4}}:{{.Port}}", "tcp://{{.IP4}}:{{.Port}}", "tls://{{.IP4}}:{{.TLSPort}}", "udp://[{{.IP6}}]:{{.Port}}"]
  relay: {addresses: ["{{.IP4}}", "{{.IP6}}"], ports: 49152-65535}
  peers: {allow: ["198.18.0.0/15", "2001:2::/48"]}
  credentials: {secrets: ["{{.Secret}}"]}
  datapath: DATAPATH
stun: {alternate_port: 0}
http: {listen: ["http://127.0.0.1:8080"]}
tls: {cert: "{{.Cert}}", key: "{{.Key}}"}
log: {level: warn}
`

// coturnWords: one relay thread as there is one CPU, no log, no control port, a database of its own, and peers allowed that newer versions deny.
const coturnWords = `-n -m 1 -L {{.IP4}} -L {{.IP6}} -E {{.IP4}} -E {{.IP6}} -p {{.Port}} --tls-listening-port {{.TLSPort}}
--min-port 49152 --max-port 65535 -r {{.Realm}} --use-auth-secret --static-auth-secret {{.Secret}}
--cert {{.Cert}} --pkey {{.Key}} --no-dtls --no-rfc5780 --no-cli --no-stdout-log --log-file /dev/null --simple-log
--pidfile {{.Dir}}/coturn.pid -b {{.Dir}}/coturn.db --user-quota 0 --total-quota 0
--allowed-peer-ip 198.18.0.0-198.19.255.255 --allowed-peer-ip 2001:2::-2001:2:0:ffff:ffff:ffff:ffff:ffff`

func coturn(name, binary string) server {
	return server{name: name, what: "coturn, " + binary + ", one relay thread", words: append([]string{binary}, strings.Fields(coturnWords)...)}
}

var pion = server{
	name: "pion", what: "bench/pion: the example server of github.com/pion/turn v4",
	words: []string{"{{.Bin}}/pion", "-address", "{{.IP4}}", "-port", "{{.Port}}", "-tls-port", "{{.TLSPort}}", "-cert", "{{.Cert}}", "-key", "{{.Key}}",
		"-realm", "{{.Realm}}", "-secret", "{{.Secret}}"},
	lacks: []string{lacksIPv6},
}

// foreign is a server of the command line: NAME=COMMAND. A command of one word is another coturn.
func foreign(flag string) (server, error) {
	name, command, ok := strings.Cut(flag, "=")
	words := strings.Fields(command)
	switch {
	case !ok || name == "" || len(words) == 0:
		return server{}, fmt.Errorf("%q: write NAME=PATH, or NAME=PATH ARGUMENTS…", flag)
	case len(words) == 1:
		return coturn(name, words[0]), nil
	}
	return server{name: name, what: command, words: words}, nil
}

// misses tells what a scenario needs that the server lacks.
func (s server) misses(sc scenario) string {
	for _, l := range s.lacks {
		switch {
		case l == lacksIPv6 && sc.plan == lab.IPv6,
			l == lacksStreams && sc.transport != load.UDP && s.name != report.Direct,
			l == lacksIndications && sc.indications:
			return l
		}
	}
	if s.name == report.Direct && sc.kind != report.Traffic {
		return "a relay"
	}
	return ""
}

// A process is a server that runs.
type process struct {
	*exec.Cmd
	log   string
	ended chan struct{} // closed when it has, by the goroutine that waits for it
}

// start starts the server in its namespace. When this process ends, in whatever way, the kernel ends that one: the signal comes when the thread that
// started it ends, and that of a namespace does not before.
func (s server) start(l *lab.Lab, set setting) (*process, error) {
	words := make([]string, len(s.words))
	var err error
	for i, w := range s.words {
		if words[i], err = fill(w, set); err != nil {
			return nil, err
		}
	}
	if s.config != "" {
		config, err := fill(s.config, set)
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(filepath.Join(set.Dir, "turnpike.yml"), []byte(config), 0o600); err != nil {
			return nil, err
		}
	}
	p := &process{Cmd: exec.Command(words[0], words[1:]...), log: filepath.Join(set.Dir, s.name+".log"), ended: make(chan struct{})}
	out, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	p.Dir, p.Stdout, p.Stderr = set.Dir, out, out
	p.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := l.Server.Do(p.Start); err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	go func() {
		_ = p.Wait()
		close(p.ended)
	}()
	return p, nil
}

func fill(text string, set setting) (string, error) {
	t, err := template.New("").Parse(text)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	err = t.Execute(&b, set)
	return b.String(), err
}

// alive fails once the process has ended, with what it said last.
func (p *process) alive() error {
	select {
	case <-p.ended:
		return fmt.Errorf("it has ended (%v):\n%s", p.ProcessState, tail(p.log))
	default:
		return nil
	}
}

// stop kills the process: nothing of it is needed, and its allocations go with it.
func (p *process) stop() {
	_ = p.Process.Kill()
	select {
	case <-p.ended:
	case <-time.After(10 * time.Second): // the next server will say that the port is taken
	}
}

func tail(file string) string {
	b, err := os.ReadFile(file)
	if err != nil {
		return err.Error()
	}
	return string(b[max(len(b)-2000, 0):])
}
