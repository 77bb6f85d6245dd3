package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"time"

	"turnpike/admin"
)

var drainCommand = command{
	name: "drain",
	does: "let nothing new in, and wait until the calls have ended",
	help: `usage: turnpike drain [-config FILE] [-undo]

Empties the daemon before it is stopped. New allocations are sent to
turn.alternate_servers, or refused where there are none; signaling clients are told
to go to drain.move_to, each at a time of its own; /readyz answers 503. Sessions that
live go on. It waits until there is none left, for drain.timeout at most, and then
exits with 0, or with 1 if some are left. The daemon itself goes on: stop it then, or
take the draining back. So it does if this command is interrupted.

  -config FILE   the configuration of the daemon; without it, the defaults
  -undo          take the draining back: everybody is let in again

example:

  turnpike drain && systemctl stop turnpike
`,
	setup: func(flags *flag.FlagSet) func(context.Context, terminal) error {
		file := flags.String("config", "", "")
		undo := flags.Bool("undo", false, "")
		return func(ctx context.Context, term terminal) error {
			o, err := newOperator(*file)
			if err != nil {
				return err
			}
			if *undo {
				if err := o.ask(ctx, "DELETE", "/v1/drain", nil, new(admin.Health)); err != nil {
					return err
				}
				_, err := fmt.Fprintln(term.out, "everybody is let in again")
				return err
			}
			return o.drain(ctx, term)
		}
	},
}

const takeBack = "turnpike drain -undo takes it back"

// drain shows how far it is on one line, which only a terminal has.
func (o *operator) drain(ctx context.Context, term terminal) error {
	var h admin.Health
	if err := o.ask(ctx, "POST", "/v1/drain", nil, &h); err != nil {
		return err
	}
	for {
		now := time.Now()
		switch d := h.Draining; {
		case d == nil:
			return o.over(term, errors.New("the draining was taken back"))
		case d.Sessions == 0:
			if err := o.over(term, nil); err != nil {
				return err
			}
			_, err := fmt.Fprintf(term.out, "no session is left; the daemon can be stopped, and %s\n", takeBack)
			return err
		case now.After(d.Until):
			return o.over(term, fmt.Errorf("the time is over, and sessions are left: %d. The daemon lets nothing new in; stop it, or %s", d.Sessions, takeBack))
		default:
			if term.err.isTerminal {
				fmt.Fprintf(term.err, "\r%-60s", progress(*d, now))
			}
		}
		select {
		case <-ctx.Done():
			return o.over(term, fmt.Errorf("interrupted; the daemon goes on draining, and %s", takeBack))
		case <-time.After(time.Second):
		}
		h = admin.Health{}
		if err := o.ask(ctx, "GET", "/v1/status", nil, &h); err != nil && ctx.Err() == nil {
			return o.over(term, err)
		} else if err != nil {
			return o.over(term, fmt.Errorf("interrupted; the daemon goes on draining, and %s", takeBack))
		}
	}
}

// over takes the line away.
func (o *operator) over(term terminal, err error) error {
	if term.err.isTerminal {
		fmt.Fprintf(term.err, "\r%60s\r", "")
	}
	return err
}
