// Package conformance judges a TURN server from outside, clause by clause of the RFCs.
//
// Each clause is an entry of an ordered table: RFC, section, level, one sentence, and a function that talks to the server and returns a verdict.
// Clauses do not depend on each other: each has its own 5-tuples and allocations, and gives them up when it ends. Peers are further allocations
// of the suite itself, so that servers which refuse private peers can be judged too; where the server allows a peer on the client's own
// address, a plain socket is used in addition.
//
// Nothing that a server does ends the run but silence: one that stops answering is asked once more whether it lives, and if not, what is left is
// "not tried". A run takes less than a minute, with Slow twelve.
//
// Run starts a few workers and waits for them; each owns the clause it runs, with all its sockets. What is learned of the server once and
// used by all is in the type server, behind a sync.Once each.
package conformance

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// Limit is how long a run takes at most; SlowLimit with Options.Slow.
	Limit     = 55 * time.Second
	SlowLimit = 13 * time.Minute

	// workers is how many clauses run at once. Servers limit the allocations of a user, so it stays small.
	workers = 4
)

// Options say what to test, and how.
type Options struct {
	URL                string // turn:host[:port][?transport=udp|tcp] or turns:host[:port]
	Username, Password string
	Secret             string // signs time-limited credentials, as for coturn's use-auth-secret; Username is then their user part
	Slow               bool   // also what has to be waited for, such as lifetimes

	// Progress is told how many clauses are done, from one goroutine at a time; it may be nil.
	Progress func(done, total int)

	only string // one clause, for tests
	rate int    // how much faster than the suite's clock the server's goes, for tests; 0 is 1
}

// Run tests a server. The error is about the options; whatever the server does is in the report.
func Run(ctx context.Context, o Options) (*Report, error) {
	srv, err := newServer(o)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	limit := Limit
	if o.Slow {
		limit = SlowLimit
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("the time limit of %v was reached", limit))
	defer cancel()
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	srv.ctx, srv.end = ctx, end

	chosen := clauses()
	if o.only != "" {
		chosen = slices.DeleteFunc(chosen, func(c clause) bool { return c.ID != o.only })
	}
	results := make([]Result, len(chosen))
	if err := srv.meet(); err != nil {
		end(err)
	}
	srv.runAll(chosen, results, o)
	rep := &Report{URL: o.URL, Began: began, Took: time.Since(began), Results: results}
	rep.count()
	if err := srv.dead(); err != nil {
		rep.Error = err.Error()
	}
	return rep, nil
}

// runAll fills results. Clauses that wait run beside the others, each by itself.
func (srv *server) runAll(chosen []clause, results []Result, o Options) {
	var (
		wait sync.WaitGroup
		mu   sync.Mutex // guards done, and keeps calls of Progress apart
		done int
		next atomic.Int64
	)
	run := func(i int) {
		results[i] = srv.judge(chosen[i])
		mu.Lock()
		defer mu.Unlock()
		done++
		if o.Progress != nil {
			o.Progress(done, len(chosen))
		}
	}
	for i, c := range chosen {
		if c.slow {
			wait.Go(func() { run(i) })
		}
	}
	for range workers {
		wait.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(chosen) {
					return
				}
				if !chosen[i].slow {
					run(i)
				}
			}
		})
	}
	wait.Wait()
}

// judge runs one clause.
func (srv *server) judge(c clause) (r Result) {
	began := time.Now()
	r.Clause = c.Clause
	s := &session{server: srv}
	defer func() {
		s.close()
		r.Took = time.Since(began)
	}()
	r.Verdict = s.try(c)
	if r.Outcome == Fail && s.unanswered && !srv.alive() {
		r.Verdict = failf("%s; after this the server answered nobody any more", r.Why)
		srv.end(fmt.Errorf("the server stopped answering during %q", c.Text))
	}
	return r
}
