package main

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"text/tabwriter"
	"time"

	"turnpike/admin"
)

var sessionsCommand = command{
	name: "sessions",
	does: "list the relay's sessions that live",
	help: `usage: turnpike sessions [-config FILE] [-user NAME] [-limit N] [-json]

Lists who uses the relay now, the oldest session first: the user, where the client
is, how it comes, its relayed address, and what it relays. It takes a second, to see
how much is relayed in it.

  -config FILE   the configuration of the daemon; without it, the defaults
  -user NAME     only those whose user has this in the name
  -limit N       at most so many; 1000 if left out, 10000 at the most
  -json          print JSON

Each session has one line. Sent is from the client to its peers.

example:

  turnpike sessions -user alice
`,
	setup: func(flags *flag.FlagSet) func(context.Context, terminal) error {
		file := flags.String("config", "", "")
		user := flags.String("user", "", "")
		limit := flags.Int("limit", 1000, "")
		asJSON := flags.Bool("json", false, "")
		return func(ctx context.Context, term terminal) error {
			if *limit < 1 || *limit > 10_000 {
				return misusef("turnpike sessions: -limit is from 1 to 10000")
			}
			o, err := newOperator(*file)
			if err != nil {
				return err
			}
			path := "/v1/sessions?" + url.Values{"user": {*user}, "limit": {fmt.Sprint(*limit)}}.Encode()
			list, err := o.sessions(ctx, path)
			if err != nil {
				return err
			}
			if *asJSON {
				return term.out.writeJSON(list)
			}
			return list.write(term)
		}
	},
}

// ratedSessions are sessions with what they relay in a second.
type ratedSessions struct {
	Now      int64          `json:"now"`
	Total    int            `json:"total"`
	Sessions []ratedSession `json:"sessions"`
}

type ratedSession struct {
	admin.Session
	SentRate     uint64 `json:"sent_rate"` // bytes a second
	ReceivedRate uint64 `json:"received_rate"`
}

// sessions asks twice.
func (o *operator) sessions(ctx context.Context, path string) (*ratedSessions, error) {
	var before, now admin.Sessions
	if err := o.ask(ctx, "GET", path, nil, &before); err != nil {
		return nil, err
	}
	if len(before.Sessions) > 0 {
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if err := o.ask(ctx, "GET", path, nil, &now); err != nil {
		return nil, err
	}
	type key struct {
		client, transport, relay string
		began                    int64
	}
	of := func(s admin.Session) key { return key{s.Client, s.Transport, s.Relay, s.Began} }
	was := make(map[key]admin.Session)
	for _, s := range before.Sessions {
		was[of(s)] = s
	}
	took := uint64(max(now.Now-before.Now, 1))
	list := &ratedSessions{Now: now.Now, Total: now.Total, Sessions: []ratedSession{}}
	for _, s := range now.Sessions {
		rated := ratedSession{Session: s}
		if old, known := was[of(s)]; known {
			rated.SentRate = (s.Sent.Bytes - min(old.Sent.Bytes, s.Sent.Bytes)) * 1000 / took
			rated.ReceivedRate = (s.Received.Bytes - min(old.Received.Bytes, s.Received.Bytes)) * 1000 / took
		}
		list.Sessions = append(list.Sessions, rated)
	}
	return list, nil
}

func (l *ratedSessions) write(term terminal) error {
	if l.Total == 0 {
		_, err := fmt.Fprintln(term.out, "no session")
		return err
	}
	table := tabwriter.NewWriter(term.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "USER\tCLIENT\tOVER\tRELAY\tAGE\tPEERS\tSENT\tRECEIVED\tNOW")
	for _, s := range l.Sessions {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%d\t%s\t%s\t%s/s\n", printable(s.User), s.Client, s.Transport, s.Relay,
			age(time.Duration(l.Now-s.Began)*time.Millisecond), s.Peers, size(s.Sent.Bytes), size(s.Received.Bytes), size(s.SentRate+s.ReceivedRate))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if n := l.Total - len(l.Sessions); n > 0 {
		fmt.Fprintf(term.err, "%d more are not listed; narrow it down with -user, or raise -limit\n", n)
	}
	return nil
}
