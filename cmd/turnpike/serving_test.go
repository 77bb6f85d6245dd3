package main

import (
	"crypto/rand"
	"log/slog"
	"net/http/httptest"
	"runtime"
	"testing"

	"turnpike/config"
	"turnpike/signal"
	"turnpike/turnserver"
)

// serving is the relay and the signaling of a configuration, wired as the daemon
// wires them, with the relay's first listener on a port of the kernel's choice. It
// ends with the test.
func serving(t *testing.T, text string) (*turnserver.Server, *httptest.Server) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("127.0.0.N is an address of this host on Linux only")
	}
	cfg, err := config.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	log, secret := slog.New(slog.DiscardHandler), rand.Text()
	options, err := relayOptions(cfg, secret, log)
	if err != nil {
		t.Fatal(err)
	}
	options.Listen[0].Port = 0
	relay, err := turnserver.Listen(options)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- relay.Serve() }()
	t.Cleanup(func() {
		relay.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	auth, err := authOptions(cfg, secret, log)
	if err != nil {
		t.Fatal(err)
	}
	rooms, err := signal.New(signalOptions(cfg, relay, auth, log))
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(rooms)
	t.Cleanup(func() {
		rooms.Close()
		web.Close()
	})
	return relay, web
}
