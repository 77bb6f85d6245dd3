package main

import (
	"context"
	"fmt"
	"time"

	sd "github.com/coreos/go-systemd/v22/daemon"

	"turnpike/signal"
	"turnpike/turnserver"
)

// statusInterval is how often systemd's status line is written anew.
const statusInterval = 10 * time.Second

// A supervisor is systemd, where it has started us and wants to be told how we fare
// (sd_notify(3)). Elsewhere nobody listens. Trouble in telling is nobody's concern:
// systemd takes silence for what it is.
type supervisor struct{ status func() string }

// newSupervisor has a status for which every shard of the relay and the signaling
// are asked, under the locks that they serve with: where one is stuck, so is the
// status, and systemd's watchdog starves.
func newSupervisor(relay *turnserver.Server, rooms *signal.Server, health *health) supervisor {
	return supervisor{func() string {
		open, away := rooms.Sessions()
		allocations := relay.Stats().Allocations
		if d := health.drain.state(); d != nil {
			return progress(*d, time.Now())
		}
		return fmt.Sprintf("%d allocations, %d sessions, self-test %s", allocations, open+away, summary(health.tester.last()))
	}}
}

func (s supervisor) ready() {
	_, _ = sd.SdNotify(false, sd.SdNotifyReady+"\nSTATUS="+s.status())
}

// reloading says when, so that systemd tells it from a message before.
func (s supervisor) reloading() {
	_, _ = sd.SdNotify(false, sd.SdNotifyReloading+"\n"+sd.SdNotifyMonotonicUsec())
}

func (s supervisor) stopping() { _, _ = sd.SdNotify(false, sd.SdNotifyStopping) }

// run writes the status and feeds the watchdog, twice as often as it wants. It ends
// with ctx.
func (s supervisor) run(ctx context.Context) {
	every := statusInterval
	if limit, err := sd.SdWatchdogEnabled(false); err == nil && limit > 0 {
		every = min(every, limit/2)
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			_, _ = sd.SdNotify(false, "STATUS="+s.status()+"\n"+sd.SdNotifyWatchdog)
		}
	}
}
