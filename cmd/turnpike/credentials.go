package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"slices"
	"strings"
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
                   matrix, cloudflare, twilio, metered: what clients of these
                   expect; link: Link headers, as WHIP has them

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
	if !slices.Contains(signal.Formats, want.format) {
		return misusef("turnpike credentials: unknown format %q; known are %s", want.format, strings.Join(signal.Formats, ", "))
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
	now := time.Now()
	ice, err := planICE(cfg, want.user, now)
	if err != nil {
		return err
	}
	if want.format == "link" {
		for _, link := range ice.Links() {
			fmt.Fprintln(term.out, "Link: "+link)
		}
		return nil
	}
	return term.out.writeJSON(ice.In(want.format, now))
}

// planICE is what the daemon would hand out, whether or not it runs.
func planICE(cfg *config.Config, user string, now time.Time) (signal.ICE, error) {
	options, err := relayOptions(cfg, "", slog.New(slog.DiscardHandler))
	if err != nil {
		return signal.ICE{}, err
	}
	cert, err := openCertificate(cfg.TLS, options.Log)
	if err != nil {
		return signal.ICE{}, err
	}
	options.TLS = cert.config()
	for _, l := range cfg.HTTP.Listen {
		if l.Scheme == "https" && l.Host != "localhost" {
			options.Listen = append(options.Listen, turnserver.Listener{Network: "tls", Host: l.Host, Port: l.Port})
		}
	}
	relay, err := turnserver.Plan(options)
	if err != nil {
		return signal.ICE{}, err
	}
	return iceServers(relay, user, 0, now), nil
}
