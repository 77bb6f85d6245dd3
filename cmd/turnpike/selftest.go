package main

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"turnpike/admin"
	"turnpike/turnserver"
)

// A selfTester tries the relay at start and every so often, and remembers what
// came of it last. One goroutine runs it.
type selfTester struct {
	try   func(context.Context) ([]turnserver.SelfTestResult, error)
	every time.Duration // 0: at start only
	log   *slog.Logger

	paused func() bool // while draining the relay would refuse; nil: never

	latest atomic.Pointer[admin.SelfTest]
	first  chan struct{} // closed once the first is over
}

func newSelfTester(relay *turnserver.Server, every time.Duration, log *slog.Logger) *selfTester {
	return &selfTester{try: relay.SelfTest, every: every, log: log, first: make(chan struct{})}
}

// run ends with ctx.
func (t *selfTester) run(ctx context.Context) {
	t.test(ctx)
	close(t.first)
	if t.every == 0 {
		return
	}
	tick := time.NewTicker(t.every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			t.test(ctx)
		}
	}
}

// last is what the last one said, nothing before the end of the first.
func (t *selfTester) last() admin.SelfTest {
	if latest := t.latest.Load(); latest != nil {
		return *latest
	}
	return admin.SelfTest{}
}

func (t *selfTester) test(ctx context.Context) {
	if t.paused != nil && t.paused() {
		return
	}
	results, err := t.try(ctx)
	if ctx.Err() != nil {
		return // it failed since we are going away
	}
	now := newSelfTest(results, err, time.Now())
	t.tell(t.last(), now)
	t.latest.Store(&now)
}

func newSelfTest(results []turnserver.SelfTestResult, err error, now time.Time) admin.SelfTest {
	test := admin.SelfTest{At: now, Good: err == nil, Results: []admin.SelfTestResult{}}
	if err != nil {
		test.Error = err.Error()
	}
	for _, r := range results {
		if r.Err != nil {
			test.Good = false
			test.Results = append(test.Results, admin.SelfTestResult{URL: r.URL, Error: r.Err.Error()})
			continue
		}
		test.Results = append(test.Results, admin.SelfTestResult{URL: r.URL, Good: true, RTT: float64(r.RTT.Microseconds()) / 1000})
	}
	return test
}

// tell logs what is other than it was. At start the banner tells of it too, but
// the log outlives it.
func (t *selfTester) tell(before, now admin.SelfTest) {
	failed := func(test admin.SelfTest) map[string]bool {
		urls := make(map[string]bool)
		for _, r := range test.Results {
			urls[r.URL] = !r.Good
		}
		return urls
	}
	was := failed(before)
	for _, r := range now.Results {
		switch {
		case !r.Good && !was[r.URL]:
			t.log.Warn("self-test failed", "relay", r.URL, "err", r.Error)
		case r.Good && was[r.URL]:
			t.log.Info("self-test good again", "relay", r.URL)
		}
	}
	if now.Error != "" && now.Error != before.Error {
		t.log.Warn("self-test failed", "err", errors.New(now.Error))
	}
}
