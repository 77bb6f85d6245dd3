package main

import (
	"crypto/tls"
	"log/slog"
	"net"
	"time"

	"turnpike/admin"
	"turnpike/config"
	"turnpike/signal"
	"turnpike/turnserver"
	"turnpike/web"
)

// adminConnections are enough for a few scrapers and the operator.
const adminConnections = 128

// adminOptions says what the operator sees, and does.
func adminOptions(cfg *config.Config, relay *turnserver.Server, rooms *signal.Server, crowd *crowd, health *health, token adminToken) admin.Config {
	options := admin.Config{
		Local:      signal.Loopback,
		Token:      token.value,
		TokenFile:  token.file,
		Health:     health.now,
		Sessions:   func(user string, limit int) admin.Sessions { return liveSessions(relay, user, limit) },
		History:    new(admin.History),
		Disconnect: relay.Revoke,
		Drain:      health.drain.set,
		Page:       web.Dashboard(),
	}
	for _, token := range cfg.Admin.Tokens {
		options.Tokens = append(options.Tokens, string(token))
	}
	number, revision := build()
	started := time.Now()
	options.Figures = func() admin.Figures {
		stats, pings := relay.Stats(), rooms.RoundTrips()
		f := admin.Figures{
			Version:     number,
			Revision:    revision,
			Started:     started,
			Listeners:   relay.Addrs(),
			DataPath:    dataPath(relay),
			Allocations: stats.Transports,
			Relays:      stats.Families,
			Sent:        admin.Traffic(stats.Sent),
			Received:    admin.Traffic(stats.Received),
			Errors:      stats.Errors,
			Drops:       stats.Drops,
			Refusals:    make(map[admin.Refusal]uint64),
			Lines:       rooms.Lines(),
			Calls:       admin.Calls(rooms.Counters()),
			RoundTrips:  admin.RoundTrips{Bounds: signal.RoundTripBounds[:], Counts: pings.Counts[:], Sum: pings.Sum},
			SelfTest:    health.tester.last(),
			Certificate: health.certificate.notAfter(),
		}
		for r, n := range relay.Refusals() {
			f.Refusals[admin.Refusal(r)] = n
		}
		for _, r := range relay.Relays() {
			f.RelayAddresses = append(f.RelayAddresses, r.Public.String())
		}
		f.Open, f.Away = rooms.Sessions()
		f.HTTPConnections, f.HTTPRefused = crowd.count()
		return f
	}
	return options
}

// liveSessions are those of the relay, in the words of the admin listener.
func liveSessions(relay *turnserver.Server, user string, limit int) admin.Sessions {
	list, total := relay.Sessions(user, limit)
	out := admin.Sessions{Now: time.Now().UnixMilli(), Total: total, Sessions: make([]admin.Session, 0, len(list))}
	for _, s := range list {
		out.Sessions = append(out.Sessions, admin.Session{
			User:      s.User,
			Client:    s.Client.Client.String(),
			Transport: s.Client.Transport.String(),
			Relay:     s.Relay.String(),
			Began:     s.Began.UnixMilli(),
			Peers:     s.Peers,
			Sent:      admin.Traffic(s.Sent),
			Received:  admin.Traffic(s.Received),
		})
	}
	return out
}

func dataPath(relay *turnserver.Server) admin.DataPath {
	name, why := relay.DataPath()
	return admin.DataPath{Name: name, Why: why}
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
