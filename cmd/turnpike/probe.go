package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"

	"turnpike/probe"
)

var probeCommand = command{
	name: "probe",
	does: "test any STUN or TURN server from here, and say why it fails",
	help: `usage: turnpike probe URL… [-user NAME -pass PASSWORD | -secret SECRET | -ice HTTP_URL] [FLAGS]
       turnpike probe -ice HTTP_URL [FLAGS]
       turnpike probe -peer ROOM -ice HTTP_URL [-json]

Tests STUN and TURN servers as a call would use them: name, connection, Binding,
Allocate, and packets from one relayed address to another. Says in a sentence what
is wrong, and what to do. Several URLs run side by side, and are compared.

  URL              stun:HOST[:PORT], stuns:…, turn:HOST[:PORT][?transport=udp|tcp],
                   turns:…; or HOST[:PORT]: both UDP and TCP. Trusted is whom the
                   system trusts, or SSL_CERT_FILE
  -user NAME       with -secret: its user part
  -pass PASSWORD
  -secret SECRET   signs time-limited credentials, as for coturn's use-auth-secret
  -ice HTTP_URL    asks there for URLs and credentials, as at /v1/ice
  -token TOKEN     shows it there, where that asks for one
  -via stun:HOST   one more server, to see how the NAT here maps
  -security        also whether the relay could be misused
  -rate BITS       the throughput that is tried at most, 500k or 5M (default 2M;
                   0: none)
  -peer ROOM       tests the way to another terminal that runs the same command in
                   another network; the two find each other through the signaling
                   of the turnpike that -ice names
  -json            print JSON

It takes seconds, thirty at most. Nobody is contacted but who is named, and a
server's next port, which shows how the NAT maps. The exit code is 0 if every
server is good, and 1 if one is not; docs/probe.md explains what is printed.

example:

  turnpike probe turn:turn.example.org turns:turn.example.org:443 -user alice -pass secret
`,
	operand: "url",
	setup: func(flags *flag.FlagSet) func(context.Context, terminal) error {
		var o probe.Options
		flags.Func("url", "", func(url string) error {
			o.URLs = append(o.URLs, url)
			return nil
		})
		flags.StringVar(&o.User, "user", "", "")
		flags.StringVar(&o.Pass, "pass", "", "")
		flags.StringVar(&o.Secret, "secret", "", "")
		flags.StringVar(&o.ICE, "ice", "", "")
		flags.StringVar(&o.Token, "token", "", "")
		flags.StringVar(&o.Via, "via", "", "")
		flags.BoolVar(&o.Security, "security", false, "")
		flags.Func("rate", "", func(text string) (err error) {
			o.Rate, err = parseRate(text)
			return err
		})
		room := flags.String("peer", "", "")
		asJSON := flags.Bool("json", false, "")
		return func(ctx context.Context, term terminal) error {
			if *room != "" {
				return probePeer(ctx, term, o, *room, *asJSON)
			}
			return runProbe(ctx, term, o, *asJSON)
		}
	},
}

// parseRate reads bits per second; none are -1.
func parseRate(text string) (float64, error) {
	digits, factor := text, 1.0
	switch {
	case strings.HasSuffix(text, "k"):
		digits, factor = text[:len(text)-1], 1e3
	case strings.HasSuffix(text, "M"):
		digits, factor = text[:len(text)-1], 1e6
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	rate := float64(n) * factor
	switch {
	case err != nil || rate > 1e8:
		return 0, fmt.Errorf("%q is no rate from 0 to 100M", text)
	case rate == 0:
		return -1, nil
	}
	return rate, nil
}

func runProbe(ctx context.Context, term terminal, o probe.Options, asJSON bool) error {
	if len(o.URLs) == 0 && o.ICE == "" {
		return misusef("turnpike probe: which server? see turnpike probe -h")
	}
	progress, over := progressLine(term)
	o.Progress = progress
	report, err := probe.Run(ctx, o)
	over()
	if err != nil {
		return misusef("turnpike probe: %s", err)
	}
	return printProbe(term, report, report.Verdict.Cause, asJSON)
}

func probePeer(ctx context.Context, term terminal, o probe.Options, room string, asJSON bool) error {
	if o.ICE == "" || len(o.URLs) > 0 {
		return misusef("turnpike probe: -peer needs -ice with a URL of the turnpike through which the two meet, and no other server")
	}
	progress, over := progressLine(term)
	report, err := probe.RunPeer(ctx, probe.PeerOptions{Room: room, Server: o.ICE, Token: o.Token, Progress: progress})
	over()
	if err != nil {
		return misusef("turnpike probe: %s", err)
	}
	return printProbe(term, report, report.Verdict.Cause, asJSON)
}

// progressLine shows what is being done on a line that vanishes; nothing where nobody looks.
func progressLine(term terminal) (tell func(string), over func()) {
	if !term.err.isTerminal {
		return nil, func() {}
	}
	return func(text string) { fmt.Fprintf(term.err, "\r\x1b[K%.78s", text) }, func() { fmt.Fprint(term.err, "\r\x1b[K") }
}

// probeReport is what both kinds of run find.
type probeReport interface {
	Good() bool
	WriteTable(io.Writer, func(probe.Mark, string) string) error
}

func printProbe(term terminal, report probeReport, cause probe.Cause, asJSON bool) error {
	var err error
	if asJSON {
		err = term.out.writeJSON(report)
	} else {
		err = report.WriteTable(term.out, paintMark(term.out))
	}
	switch {
	case err != nil:
		return err
	case !report.Good():
		return fmt.Errorf("not good: %s", cause)
	}
	return nil
}

// paintMark colours a word, or the sentence on top.
func paintMark(out *styled) func(probe.Mark, string) string {
	return func(mark probe.Mark, word string) string {
		switch mark {
		case probe.MarkGood:
			return out.green(word)
		case probe.MarkCare:
			return out.yellow(word)
		}
		return out.paint("31", word)
	}
}
