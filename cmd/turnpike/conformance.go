package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"turnpike/probe/conformance"
)

var conformanceCommand = command{
	name: "conformance",
	does: "test any TURN server against the RFCs, clause by clause",
	help: `usage: turnpike conformance URL -user NAME -pass PASSWORD [-json] [-slow]
       turnpike conformance URL -secret SECRET [-user NAME] [-json] [-slow]

Tests any TURN server, and prints a verdict for each clause of RFC 8489, 8656,
6062, 5780 and 8016, and for a few things that no RFC asks for, but a safe server
does. It takes less than a minute.

  URL              turn:HOST[:PORT][?transport=udp|tcp], or turns:HOST[:PORT];
                   trusted is whom the system trusts, or SSL_CERT_FILE
  -user NAME       with -secret: its user part
  -pass PASSWORD
  -secret SECRET   signs time-limited credentials, as for coturn's
                   use-auth-secret; more can be tested with it, since two
                   users can be made
  -json            print JSON
  -slow            also test what has to be waited for, such as lifetimes;
                   takes twelve minutes

pass       it does what the clause says
fail       it does not
lenient    it accepts more than it has to
not tried  and why: the server does not offer it, or it cannot be seen from here

It makes some hundred allocations, and relays only between them, or to this host.
The exit code is 1 if a clause that is a must fails.

example:

  turnpike conformance turn:turn.example.org -user alice -pass secret
`,
	operand: "url",
	setup: func(flags *flag.FlagSet) func(context.Context, terminal) error {
		var o conformance.Options
		flags.Func("url", "", func(url string) error {
			if o.URL != "" {
				return fmt.Errorf("%q is one word too many", url)
			}
			o.URL = url
			return nil
		})
		flags.StringVar(&o.Username, "user", "", "")
		flags.StringVar(&o.Password, "pass", "", "")
		flags.StringVar(&o.Secret, "secret", "", "")
		flags.BoolVar(&o.Slow, "slow", false, "")
		asJSON := flags.Bool("json", false, "")
		return func(ctx context.Context, term terminal) error { return conform(ctx, term, o, *asJSON) }
	},
}

func conform(ctx context.Context, term terminal, o conformance.Options, asJSON bool) error {
	if o.URL == "" {
		return misusef("turnpike conformance: which server? see turnpike conformance -h")
	}
	if term.err.isTerminal {
		o.Progress = func(done, total int) { fmt.Fprintf(term.err, "\r%d of %d clauses ", done, total) }
	}
	report, err := conformance.Run(ctx, o)
	if err != nil {
		return misusef("turnpike conformance: %s", err)
	}
	if term.err.isTerminal {
		fmt.Fprintf(term.err, "\r%30s\r", "") // the line has served its time
	}
	if asJSON {
		err = term.out.writeJSON(report)
	} else {
		err = report.WriteTable(term.out, paintOutcome(term.out))
	}
	switch {
	case err != nil:
		return err
	case report.Error != "":
		return errors.New(report.Error)
	case report.Counts.FailedMust > 0:
		return fmt.Errorf("%d clauses that are a must fail", report.Counts.FailedMust)
	}
	return nil
}

// paintOutcome colours the word of a verdict.
func paintOutcome(out *styled) func(conformance.Outcome, string) string {
	return func(outcome conformance.Outcome, word string) string {
		switch outcome {
		case conformance.Pass:
			return out.green(word)
		case conformance.Fail:
			return out.paint("31", word)
		case conformance.Lenient:
			return out.yellow(word)
		}
		return out.dim(word)
	}
}
