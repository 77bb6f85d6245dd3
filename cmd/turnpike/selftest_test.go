package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"turnpike/turnserver"
)

func TestSelfTestIsRepeatedAndLoggedWhenItChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		good := turnserver.SelfTestResult{URL: "udp://192.0.2.2:3478", RTT: time.Millisecond}
		bad := turnserver.SelfTestResult{URL: good.URL, Err: errors.New("nothing came back")}
		runs := []turnserver.SelfTestResult{good, bad, bad, good, good}
		var n atomic.Int32
		var log transcript
		tester := &selfTester{
			try: func(context.Context) ([]turnserver.SelfTestResult, error) {
				time.Sleep(time.Second)
				i := n.Add(1)
				return runs[i-1 : i], nil
			},
			every: time.Hour, log: slog.New(slog.NewTextHandler(&log, nil)), first: make(chan struct{}),
		}
		if got := tester.last(); !got.At.IsZero() || got.Good {
			t.Errorf("before the first: %+v", got)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { tester.run(ctx); close(ended) }()
		<-tester.first
		if !tester.last().Good || log.String() != "" {
			t.Errorf("after the first: %+v %s", tester.last(), log.String())
		}
		time.Sleep(2*time.Hour + time.Minute)
		synctest.Wait()
		if got := tester.last(); n.Load() != 3 || got.Good || got.Results[0].Error != "nothing came back" {
			t.Errorf("after two hours: %d runs, %+v", n.Load(), got)
		}
		time.Sleep(2 * time.Hour)
		cancel()
		<-ended
		if n.Load() != 5 || strings.Count(log.String(), `"self-test failed"`) != 1 || strings.Count(log.String(), `"self-test good again"`) != 1 {
			t.Errorf("%d runs, and the log says\n%s", n.Load(), log.String())
		}
	})
}

func TestSelfTestThatIsCutShortSaysNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var log bytes.Buffer
	tester := &selfTester{
		try: func(context.Context) ([]turnserver.SelfTestResult, error) {
			cancel()
			return nil, errors.New("cut short")
		},
		log: slog.New(slog.NewTextHandler(&log, nil)), first: make(chan struct{}),
	}
	tester.run(ctx)
	if !tester.last().At.IsZero() || log.Len() > 0 {
		t.Errorf("%+v %s", tester.last(), &log)
	}
}
