package main

import (
	"context"
	"log/slog"
	"strings"

	"turnpike/config"
	"turnpike/signal"
	"turnpike/turnserver"
)

// A reloader takes over a changed configuration while the daemon runs. Only serve
// uses it, between its births and its deaths.
type reloader struct {
	file        string
	cfg         *config.Config // what runs
	secret      string         // what signs where no secret is configured
	certificate *certificate   // nil without one
	relay       *turnserver.Server
	rooms       *signal.Server
	drain       *drainer
	level       *slog.LevelVar
	log         *slog.Logger
}

// reload reads the file again. What may change is taken over and disturbs no
// call; a key that needs a restart is named; a bad file changes nothing.
func (r *reloader) reload(ctx context.Context) {
	if r.file == "" {
		r.log.Warn("there is no configuration file to read again")
		return
	}
	cfg, err := config.Load(r.file)
	if err != nil {
		r.log.Error("configuration not taken over, the old one stays", "err", err)
		return
	}
	var taken, late []string
	for _, key := range config.Changes(r.cfg, cfg) {
		if config.Live(key) {
			taken = append(taken, key)
		} else {
			late = append(late, key)
		}
	}
	options, err := relayOptions(cfg, r.secret, r.log)
	if err == nil {
		options.Alternates, err = alternateServers(ctx, cfg)
	}
	var auth signal.Auth
	if err == nil {
		auth, err = authOptions(cfg, r.secret, r.log)
	}
	if err == nil {
		err = r.relay.Update(options)
	}
	if err == nil {
		err = r.rooms.SetAuth(auth)
	}
	if err != nil {
		r.log.Error("configuration not taken over, the old one stays", "err", err)
		return
	}
	r.certificate.look()
	r.drain.config.Store(&cfg.Drain)
	r.level.Set(cfg.Log.Level.Slog())
	r.log.Info("configuration taken over", "changed", strings.Join(taken, " "))
	if len(late) > 0 {
		r.log.Warn("these keys take effect when the daemon is restarted", "keys", strings.Join(late, " "))
	}
	r.cfg = running(r.cfg, cfg)
}

// running is the new configuration with the old values of what is not live, so
// that the next reload names those keys again.
func running(old, new *config.Config) *config.Config {
	c := *old
	c.Turn.URLs, c.Turn.Peers, c.Turn.Credentials = new.Turn.URLs, new.Turn.Peers, new.Turn.Credentials
	c.Turn.Limits, c.Turn.AlternateServers = new.Turn.Limits, new.Turn.AlternateServers
	mode := c.HTTP.Auth.Mode
	c.HTTP.Auth = new.HTTP.Auth
	c.HTTP.Auth.Mode = mode
	c.Drain = new.Drain
	c.Log.Level = new.Log.Level
	return &c
}
