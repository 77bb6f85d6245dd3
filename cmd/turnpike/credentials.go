package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"log/slog"
	"time"

	"turnpike/config"
	"turnpike/signal"
	"turnpike/turnserver"
)

var credentialsCommand = command{
	name: "credentials",
	does: "print ICE servers to paste into an application",
	help: `usage: turnpike credentials [-config FILE] [-user NAME] [-ttl TIME] [-format FORMAT]

Prints the URLs of the relay with credentials that it accepts until they expire.
They are signed with the first secret of the configuration; the daemon need not
run, and is not asked.

  -config FILE     the configuration; it must have turn.credentials.secrets
  -user NAME       whom the use of the relay is counted to; default: nobody
  -ttl TIME        how long they are good for: 90s, 12h, 7d; default: the
                   configuration's turn.credentials.ttl
  -format FORMAT   rtc: what RTCPeerConnection takes (default)
                   uberti: username, password, ttl, uris, as in the draft of
                   Justin Uberti that many servers speak

example:

  turnpike credentials -config turnpike.yml -user alice -ttl 1h
`,
	setup: func(flags *flag.FlagSet) func(context.Context, terminal) error {
		var want credentialRequest
		flags.StringVar(&want.file, "config", "", "")
		flags.StringVar(&want.user, "user", "", "")
		flags.StringVar(&want.format, "format", "rtc", "")
		flags.Func("ttl", "", func(text string) error {
			if err := want.ttl.UnmarshalText([]byte(text)); err != nil {
				return err
			}
			if want.ttl < config.Duration(time.Second) {
				return errors.New("at least 1s")
			}
			return nil
		})
		return func(_ context.Context, term terminal) error { return want.print(term) }
	},
}

type credentialRequest struct {
	file, user, format string
	ttl                config.Duration // 0: the configuration's
}

func (want credentialRequest) print(term terminal) error {
	if want.format != "rtc" && want.format != "uberti" {
		return misusef("turnpike credentials: unknown format %q; known are rtc and uberti", want.format)
	}
	cfg, err := load(want.file)
	if err != nil {
		return err
	}
	if len(cfg.Turn.Credentials.All()) == 0 {
		return errors.New("no secret is configured, so the daemon makes one at each start and no other credentials work; set turn.credentials.secrets, and give the file with -config")
	}
	if want.ttl > 0 {
		cfg.Turn.Credentials.TTL = want.ttl
	}
	ice, err := planICE(cfg, want.user, time.Now())
	if err != nil {
		return err
	}
	enc := json.NewEncoder(term.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if want.format == "uberti" {
		return enc.Encode(uberti(ice))
	}
	return enc.Encode(ice)
}

// uberti is the answer of draft-uberti-behave-turn-rest.
func uberti(ice signal.ICE) any {
	server := ice.ICEServers[0]
	return struct {
		Username string   `json:"username"`
		Password string   `json:"password"`
		TTL      int64    `json:"ttl"`
		URIs     []string `json:"uris"`
	}{server.Username, server.Credential, ice.TTL, server.URLs}
}

// planICE is what the daemon would hand out, whether or not it runs.
func planICE(cfg *config.Config, user string, now time.Time) (signal.ICE, error) {
	options, err := relayOptions(cfg, "", slog.New(slog.DiscardHandler))
	if err != nil {
		return signal.ICE{}, err
	}
	if options.TLS, err = loadTLS(cfg); err != nil {
		return signal.ICE{}, err
	}
	for _, l := range cfg.HTTP.Listen {
		if l.Scheme == "https" && l.Host != "localhost" {
			options.Listen = append(options.Listen, turnserver.Listener{Network: "tls", Host: l.Host, Port: l.Port})
		}
	}
	relay, err := turnserver.Plan(options)
	if err != nil {
		return signal.ICE{}, err
	}
	return iceServers(relay, user, now), nil
}
