package main

import (
	"crypto/tls"
	"log/slog"
	"net"

	"turnpike/admin"
	"turnpike/config"
	"turnpike/signal"
	"turnpike/turnserver"
)

// adminConnections are enough for a few scrapers and the operator.
const adminConnections = 128

// adminOptions says what the operator sees.
func adminOptions(cfg *config.Config, relay *turnserver.Server, rooms *signal.Server, crowd *crowd, health *health) admin.Config {
	options := admin.Config{Local: signal.Loopback, Health: health.now}
	for _, token := range cfg.Admin.Tokens {
		options.Tokens = append(options.Tokens, string(token))
	}
	number, revision := build()
	options.Figures = func() admin.Figures {
		stats, pings := relay.Stats(), rooms.RoundTrips()
		f := admin.Figures{
			Version:     number,
			Revision:    revision,
			Allocations: stats.Transports,
			Relays:      stats.Families,
			Sent:        admin.Traffic(stats.Sent),
			Received:    admin.Traffic(stats.Received),
			Errors:      stats.Errors,
			Drops:       stats.Drops,
			Lines:       rooms.Lines(),
			Calls:       admin.Calls(rooms.Counters()),
			RoundTrips:  admin.RoundTrips{Bounds: signal.RoundTripBounds[:], Counts: pings.Counts[:], Sum: pings.Sum},
			SelfTest:    health.tester.last(),
			Certificate: health.certificate.notAfter(),
		}
		f.Open, f.Away = rooms.Sessions()
		f.HTTPConnections, f.HTTPRefused = crowd.count()
		return f
	}
	return options
}

// listenAdmin binds the admin listener, which is no listener of the relay.
func listenAdmin(cfg *config.Config, secure *tls.Config, options admin.Config, log *slog.Logger) (*frontDoor, error) {
	var list []config.Listener
	if !cfg.Admin.Listen.None() {
		list = append(list, cfg.Admin.Listen.Listener)
	}
	encrypted := func(l net.Listener) (net.Listener, error) { return tls.NewListener(l, secure), nil }
	return listenHTTP("admin.listen", list, secure, encrypted, admin.New(options), newCrowd(adminConnections, nil), log)
}
