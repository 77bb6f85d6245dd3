package main

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"turnpike/admin"
	"turnpike/config"
	"turnpike/signal"
	"turnpike/turnserver"
)

// A drainer empties the daemon: no new allocations, signaling clients are told where
// to go, and what runs may end by itself. It ends nothing; whoever waits gives up when
// the time is over.
type drainer struct {
	relay  *turnserver.Server
	rooms  *signal.Server
	log    *slog.Logger
	config atomic.Pointer[config.Drain] // of the next drain

	mu    sync.Mutex // guards the following
	since time.Time  // zero while the daemon serves
	until time.Time
}

func newDrainer(cfg config.Drain, relay *turnserver.Server, rooms *signal.Server, log *slog.Logger) *drainer {
	d := &drainer{relay: relay, rooms: rooms, log: log}
	d.config.Store(&cfg)
	return d
}

// set begins or ends the draining. To begin it again changes nothing.
func (d *drainer) set(yes bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if yes == !d.since.IsZero() {
		return
	}
	cfg := d.config.Load()
	d.relay.SetDraining(yes)
	if !yes {
		d.since = time.Time{}
		d.rooms.Move("", 0)
		d.log.Info("draining taken back")
		return
	}
	d.since = time.Now()
	d.until = d.since.Add(time.Duration(cfg.Timeout))
	if cfg.MoveTo != "" {
		d.rooms.Move(string(cfg.MoveTo), time.Duration(cfg.Spread))
	}
	d.log.Info("draining", "until", d.until.Format(time.RFC3339))
}

func (d *drainer) on() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return !d.since.IsZero()
}

// state is nil while the daemon serves.
func (d *drainer) state() *admin.Draining {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.since.IsZero() {
		return nil
	}
	_, left := d.relay.Sessions("", 0)
	return &admin.Draining{Since: d.since, Until: d.until, Sessions: left}
}

// progress is "draining, 3 sessions left, 59m at most".
func progress(d admin.Draining, now time.Time) string {
	sessions := "no session"
	if d.Sessions == 1 {
		sessions = "1 session"
	} else if d.Sessions > 1 {
		sessions = fmt.Sprintf("%d sessions", d.Sessions)
	}
	return fmt.Sprintf("draining, %s left, %s at most", sessions, age(max(0, d.Until.Sub(now))))
}
