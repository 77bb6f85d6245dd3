package main

import (
	"context"
	"flag"
	"fmt"
	"time"
)

var doctorCommand = command{
	name: "doctor",
	does: "test this host's own set-up, and say what would mend it",
	help: `usage: turnpike doctor -config FILE [-json] [-via stun:HOST]

Tests the set-up of this host, beside the daemon or without it: the configuration,
its sockets, the relay by way of itself, addresses, the certificate, the clock,
limits of the kernel, the firewall. Each finding is good, care, bad, or not seen,
with the command or the lines that mend it. It ends within 30 seconds; Ctrl-C
prints what is known so far.

  -config FILE     the configuration; without it, the defaults
  -json            print JSON
  -via stun:HOST   also ask that STUN server by which address this host is seen;
                   without it, nobody else is spoken to

As root it sees more: other programs' sockets, the firewall. The exit code is 1 if
something is bad, and 0 if not.

example:

  turnpike doctor -config /etc/turnpike/turnpike.yml -via stun:stun.example.org
`,
	setup: func(flags *flag.FlagSet) func(context.Context, terminal) error {
		var o doctorOptions
		flags.StringVar(&o.file, "config", "", "")
		flags.BoolVar(&o.json, "json", false, "")
		flags.Func("via", "", func(text string) (err error) {
			o.via, err = parseVia(text)
			return err
		})
		return func(ctx context.Context, term terminal) error { return doctor(ctx, term, o) }
	},
}

type doctorOptions struct {
	file, via string // via is a host and a port
	json      bool
}

const (
	doctorTime = 28 * time.Second // all of it
	checkTime  = 8 * time.Second  // one check
)

// An examination looks at one thing.
type examination struct {
	group, name string
	look        func(context.Context, *patient, *notes)
}

// examinations are in the order in which one builds on the other.
var examinations = []examination{
	{"configuration", "configuration", lookAtConfiguration},
	{"configuration", "secrets", lookAtSecrets},
	{"configuration", "signaling", lookAtSignaling},
	{"sockets", "sockets", lookAtSockets},
	{"relay", "self-test", lookAtRelay},
	{"relay", "relay-ports", lookAtRelayPorts},
	{"relay", "daemon", lookAtDaemon},
	{"addresses", "relay-address", lookAtRelayAddresses},
	{"addresses", "outside", lookFromOutside},
	{"addresses", "ipv6", lookAtIPv6},
	{"addresses", "container", lookAtContainer},
	{"certificate", "certificate", lookAtCertificate},
	{"host", "clock", lookAtClock},
	{"host", "files", lookAtFiles},
	{"host", "receive-buffer", lookAtReceiveBuffer},
	{"host", "local-ports", lookAtLocalPorts},
	{"host", "connection-tracking", lookAtConntrack},
	{"host", "data-path", lookAtDataPath},
	{"firewall", "firewall", lookAtFirewall},
}

func doctor(ctx context.Context, term terminal, o doctorOptions) error {
	d := diagnosis{Version: version(), Config: o.file, Findings: []finding{}}
	p := &patient{file: o.file, via: o.via, root: "/"}
	examine(ctx, p, &d, func(name string) {
		if term.err.isTerminal {
			fmt.Fprintf(term.err, "\rlooking at: %-20s", name)
		}
	})
	if term.err.isTerminal {
		fmt.Fprintf(term.err, "\r%40s\r", "") // the line has served its time
	}
	if o.json {
		if err := term.out.writeJSON(&d); err != nil {
			return err
		}
	} else {
		d.writeText(term.out)
	}
	switch {
	case d.Bad == 1:
		return fmt.Errorf("one finding is bad")
	case d.Bad > 1:
		return fmt.Errorf("%d findings are bad", d.Bad)
	case ctx.Err() != nil:
		return fmt.Errorf("interrupted before everything was looked at")
	}
	return nil
}

// examine makes one check after the other, until one of them leaves nothing to
// look at, or ctx or the time ends.
func examine(ctx context.Context, p *patient, d *diagnosis, progress func(name string)) {
	defer p.discharge()
	all, cancel := context.WithTimeout(ctx, doctorTime)
	defer cancel()
	for _, c := range examinations {
		progress(c.name)
		one, cancel := context.WithTimeout(all, checkTime)
		var found notes
		c.look(one, p, &found)
		cancel()
		if ctx.Err() != nil {
			d.Cut = "interrupted"
			break // what it found last may be due to that
		}
		for _, f := range found {
			f.Group, f.Check = c.group, c.name
			d.Findings = append(d.Findings, f)
		}
		if p.cfg == nil {
			d.Cut = "nothing else can be looked at without a configuration"
			break
		}
		if all.Err() != nil {
			d.Cut = "out of time"
			break
		}
	}
	d.count()
}
