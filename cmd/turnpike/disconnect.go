package main

import (
	"context"
	"flag"
	"fmt"
)

var disconnectCommand = command{
	name: "disconnect",
	does: "end the relay sessions of a user",
	help: `usage: turnpike disconnect USER [-config FILE]

Ends every session of the user on the relay, and refuses the credentials that the
user has had so far. New ones, from the signaling or from turnpike credentials, are
good again: to keep somebody out, stop handing them out. A user of
turn.credentials.users comes back with the password, until it is changed there.

  USER           as turnpike sessions shows it, all of it
  -config FILE   the configuration of the daemon; without it, the defaults

The exit code is 1 if the user had no session; the credentials are refused anyway.

example:

  turnpike disconnect alice
`,
	operand: "user",
	setup: func(flags *flag.FlagSet) func(context.Context, terminal) error {
		file := flags.String("config", "", "")
		var users []string
		flags.Func("user", "", func(user string) error {
			users = append(users, user)
			return nil
		})
		return func(ctx context.Context, term terminal) error {
			if len(users) != 1 || users[0] == "" {
				return misusef("turnpike disconnect: name one user; see turnpike disconnect -h")
			}
			o, err := newOperator(*file)
			if err != nil {
				return err
			}
			var answer struct{ Ended int }
			if err := o.ask(ctx, "POST", "/v1/disconnect", map[string]string{"user": users[0]}, &answer); err != nil {
				return err
			}
			switch answer.Ended {
			case 0:
				return fmt.Errorf("%s has no session; the credentials of that name are refused from now on", printable(users[0]))
			case 1:
				_, err = fmt.Fprintln(term.out, "1 session ended")
			default:
				_, err = fmt.Fprintf(term.out, "%d sessions ended\n", answer.Ended)
			}
			return err
		}
	},
}
