package main

import (
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"turnpike/admin"
	"turnpike/config"
	"turnpike/signal"
)

func TestADrainedRelayLetsNothingInAndWhatLivesGoesOn(t *testing.T) {
	relay, web := serving(t, `
turn:
  listen: ["udp://127.0.0.1:3478"]
  relay: {addresses: [127.0.0.1]}
http: {auth: {mode: open}}
`)
	a, b := enter(t, web, "127.0.0.35"), enter(t, web, "127.0.0.36")
	client, relayed := allocate(t, relay, a.ice)
	another := func() error {
		fresh, err := dial(t, relay, b.ice.ICEServers[0].Username, b.ice.ICEServers[0].Credential).client.Allocate()
		if err == nil {
			fresh.Close()
		}
		return err
	}
	rooms, err := signal.New(signal.Config{Open: true, ICE: func(string, time.Time) signal.ICE { return signal.ICE{} }})
	if err != nil {
		t.Fatal(err)
	}
	door := httptest.NewServer(rooms)
	defer door.Close()
	defer rooms.Close()
	guest := enter(t, door, "127.0.0.35")
	d := newDrainer(config.Drain{Timeout: config.Duration(time.Hour), MoveTo: "https://turn2.example.org"}, relay, rooms, slog.New(slog.DiscardHandler))
	if d.on() || d.state() != nil {
		t.Error("it drains before it is told to")
	}
	d.set(true)
	since := d.state().Since
	d.set(true)
	if s := d.state(); s.Sessions != 1 || !s.Since.Equal(since) || s.Until.Sub(s.Since) != time.Hour {
		t.Errorf("%+v", s)
	}
	if f := guest.hear(t, "move"); f.To != "https://turn2.example.org" {
		t.Errorf("signaling clients are told to go to %q", f.To)
	}
	if err := another(); err == nil || !strings.Contains(err.Error(), "486") {
		t.Errorf("a new allocation: %v", err)
	}
	if err := client.CreatePermission(relayed.LocalAddr()); err != nil {
		t.Errorf("what lives: %v", err)
	}
	d.set(false)
	if f := guest.hear(t, "move"); f.To != "" {
		t.Errorf("after it is taken back they are told to go to %q", f.To)
	}
	if err := another(); err != nil || d.on() {
		t.Errorf("after it is taken back: %v", err)
	}
}

func TestProgressIsSaidInOneLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		for want, d := range map[string]admin.Draining{
			"draining, 3 sessions left, 60m at most": {Until: now.Add(time.Hour), Sessions: 3},
			"draining, 1 session left, 30s at most":  {Until: now.Add(30 * time.Second), Sessions: 1},
			"draining, no session left, 0s at most":  {Until: now.Add(-time.Hour)},
		} {
			if got := progress(d, now); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
	})
}

func TestFiguresAreSaidInTheirLargestUnit(t *testing.T) {
	for n, want := range map[uint64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 999_949: "999.9 kB", 999_950: "1.0 MB", 5e12: "5.0 TB"} {
		if got := size(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
	for d, want := range map[time.Duration]string{0: "0s", 119 * time.Second: "119s", 2 * time.Minute: "2m", 2 * time.Hour: "2h", 48 * time.Hour: "2d"} {
		if got := age(d); got != want {
			t.Errorf("%s: %s, want %s", d, got, want)
		}
	}
	if got := printable("ada\x1b[31m\n"); got != "ada�[31m�" {
		t.Errorf("%q", got)
	}
}
