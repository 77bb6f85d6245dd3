package main

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"sync"
	"time"

	"turnpike/config"
	"turnpike/signal"
	"turnpike/signal/peerjs"
	"turnpike/signal/ywebrtc"
	"turnpike/turnserver"
	"turnpike/web"
)

var serveCommand = command{
	name: "serve",
	does: "run the daemon; this is what happens without a command",
	help: `usage: turnpike [serve] [-config FILE]

Runs the relay, the signaling and the call page until it is interrupted. Without
a configuration the page is on http://localhost:8080, for this host alone, and
the secret of the relay is a new one each time.

  -config FILE   the configuration; see turnpike check

example:

  turnpike serve -config /etc/turnpike/turnpike.yml
`,
	setup: func(flags *flag.FlagSet) func(context.Context, terminal) error {
		file := flags.String("config", "", "")
		return func(ctx context.Context, term terminal) error {
			cfg, err := load(*file)
			if err != nil {
				return err
			}
			return serve(ctx, *file, cfg, term)
		}
	},
}

// patience is how long requests that are being answered may hold up the end.
const patience = 2 * time.Second

// serve is the life of the daemon: births in order, one wait, deaths in reverse.
func serve(ctx context.Context, file string, cfg *config.Config, term terminal) error {
	log, level := newLogger(cfg.Log, term.err)
	secret := rand.Text()

	cert, err := openCertificate(cfg.TLS, log)
	if err != nil {
		return err
	}
	secure := cert.config()
	options, err := relayOptions(cfg, secret, log)
	if err != nil {
		return err
	}
	options.TLS = secure
	if options.Alternates, err = alternateServers(ctx, cfg); err != nil {
		return err
	}
	relay, err := turnserver.Listen(options)
	if err != nil {
		return err
	}
	defer relay.Close()

	auth, err := authOptions(cfg, secret, log)
	if err != nil {
		return err
	}
	rooms, err := signal.New(signalOptions(cfg, relay, auth, log))
	if err != nil {
		return err
	}
	defer rooms.Close()

	peers, err := peerjs.New(peerOptions(cfg, rooms, log))
	if err != nil {
		return err
	}
	defer peers.Close()
	topics, err := ywebrtc.New(ywebrtc.Config{Door: rooms, Log: log})
	if err != nil {
		return err
	}
	defer topics.Close()

	crowd := newCrowd(cfg.HTTP.Connections, trustedProxies(cfg))
	drain := newDrainer(cfg.Drain, relay, rooms, log)
	health := &health{tester: newSelfTester(relay, time.Duration(cfg.Turn.SelfTest), log), certificate: cert, drain: drain}
	health.tester.paused = drain.on
	handler := newMux(paths{rooms: rooms, peers: peers, topics: topics, pages: web.Handler()}, health)
	door, err := listenHTTP("http.listen", cfg.HTTP.Listen, secure, relay.Share, handler, crowd, log)
	if err != nil {
		return err
	}
	defer door.close()
	var token adminToken
	if !cfg.Admin.Listen.None() {
		if token, err = keepToken(cfg.Admin.Listen); err != nil {
			log.Warn("no admin token, so nothing can be changed over the admin listener", "err", err)
		}
		defer token.forget()
	}
	seen := adminOptions(cfg, relay, rooms, crowd, health, token)
	back, err := listenAdmin(cfg, secure, seen, log)
	if err != nil {
		return err
	}
	defer back.close()

	var running sync.WaitGroup
	ended := make(chan error, 1) // the first end is the one that matters; others are dropped
	begin := func(name string, serve func() error) {
		running.Go(func() {
			if err := serve(); err != nil {
				err = fmt.Errorf("%s: %w", name, err)
				select {
				case ended <- err:
				default:
				}
			}
		})
	}
	begin("relay", relay.Serve)
	door.serve(begin)
	back.serve(begin)
	health.ready.Store(true)

	looking, lookAway := context.WithCancel(ctx)
	defer lookAway()
	running.Go(func() { health.tester.run(looking) })
	running.Go(func() { cert.watch(looking) })
	running.Go(func() { seen.History.Run(looking, seen.Figures) })
	systemd := newSupervisor(relay, rooms, health)
	systemd.ready()
	running.Go(func() { systemd.run(looking) })
	banner(ctx, cfg, relay, health, term.out)

	changes := reloader{file: file, cfg: cfg, secret: secret, certificate: cert, relay: relay, rooms: rooms, drain: drain, level: level, log: log}
	err = nil
	for alive := true; alive; {
		select {
		case <-term.hangup:
			systemd.reloading()
			changes.reload(ctx)
			systemd.ready()
		case <-ctx.Done():
			alive = false
		case err = <-ended:
			alive = false
		}
	}
	health.ready.Store(false)
	systemd.stopping()
	log.Info("shutting down")
	lookAway()

	late, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	door.shutdown(late)
	topics.Close() // their connections are hijacked, so Shutdown does not see them
	peers.Close()
	rooms.Close()
	relay.Close()
	back.shutdown(late)
	running.Wait()
	return err
}
