package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"turnpike/config"
	"turnpike/turnserver"
)

// A patient is the host and the configuration that doctor looks at, with what the
// checks so far have found out. The relay, where doctor has to run one, is the
// only goroutine; discharge waits for it.
type patient struct {
	file string
	via  string // a STUN server outside, as host:port; empty: none
	root string // above proc and sys; only tests have another

	cfg         *config.Config // nil: it cannot be read
	options     turnserver.Config
	certificate *certificate // nil without one

	pid   int                // of the daemon that has our ports; 0: none that we know
	held  bool               // our ports are held, by the daemon or by somebody we cannot see
	relay *turnserver.Server // to be tried, if there is any
	own   bool               // that relay runs in here; otherwise it is a plan of the one that runs elsewhere

	running sync.WaitGroup
}

func (p *patient) discharge() {
	if p.relay != nil && p.own {
		p.relay.Close()
	}
	p.running.Wait()
}

// read returns a file of the kernel's, "" if there is none.
func (p *patient) read(name string) string {
	text, err := os.ReadFile(filepath.Join(p.root, name))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// number reads a file that holds one.
func (p *patient) number(name string) (n int, ok bool) {
	n, err := strconv.Atoi(p.read(name))
	return n, err == nil
}

// process is the directory of the daemon in proc if it runs and we may look at it,
// and otherwise ours.
func (p *patient) process() string {
	if p.pid != 0 {
		if dir := "proc/" + strconv.Itoa(p.pid); p.read(dir+"/limits") != "" {
			return dir
		}
	}
	return "proc/self"
}

// relays are the addresses that are relayed on, as far as that is known.
func (p *patient) relays() []turnserver.RelayAddress {
	if p.relay != nil {
		return p.relay.Relays()
	}
	return p.options.Relay.Addresses
}

// relayPorts is how many there are.
func (p *patient) relayPorts() int {
	return p.cfg.Turn.Relay.Ports.Max - p.cfg.Turn.Relay.Ports.Min + 1
}

func statIn(root, name string) (os.FileInfo, error) { return os.Stat(filepath.Join(root, name)) }
