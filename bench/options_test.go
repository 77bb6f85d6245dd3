//go:build linux

package main

import (
	"slices"
	"strings"
	"testing"

	"turnpike/bench/load"
	"turnpike/bench/report"
)

func TestFlagsChooseServersAndScenarios(t *testing.T) {
	o, err := parse([]string{"-servers", "coturn,newer,turnpike-batched", "-datapaths", "portable,batched", "-scenarios", "idle,20k", "-seconds", "0.5",
		"-server", "newer=/opt/coturn/turnserver", "-cpus", "2,5"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, s := range o.servers {
		got = append(got, s.name)
	}
	for _, sc := range o.scenarios {
		got = append(got, sc.name)
	}
	if want := []string{"turnpike-batched", "coturn", "newer", "20k", "idle"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	newer := o.servers[2].words
	if newer[0] != "/opt/coturn/turnserver" || !slices.Contains(newer, "--use-auth-secret") {
		t.Errorf("started by %v", newer)
	}
	if o.cpus != [2]int{2, 5} || o.scenarios[0].load.Duration != o.duration {
		t.Errorf("%v, %v", o.cpus, o.scenarios[0].load)
	}
	if !strings.Contains(o.servers[0].config, "datapath: batched") {
		t.Errorf("configured as\n%s", o.servers[0].config)
	}
}

func TestFlagsThatMakeNoSenseAreRefused(t *testing.T) {
	for args, want := range map[string]string{
		"-servers nobody":     "there is no \"nobody\"; there are direct,",
		"-scenarios fast":     "there is no \"fast\"",
		"-server x":           "write NAME=PATH",
		"-cpus one":           "write two numbers",
		"-rounds 0":           "at least one round",
		"now":                 "one word too many",
		"-server a= -rounds1": "write NAME=PATH",
	} {
		if _, err := parse(strings.Fields(args)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", args, err, want)
		}
	}
}

func TestShortRunsHaveRatesThatEveryServerCarries(t *testing.T) {
	o, err := parse([]string{"-short"})
	if err != nil {
		t.Fatal(err)
	}
	transports := make(map[load.Transport]bool)
	for _, sc := range o.scenarios {
		if sc.kind == report.Traffic && (sc.load.Rate == 0 || sc.load.Rate > 2000) || sc.flows > 200 {
			t.Errorf("%s: %s", sc.name, sc.title())
		}
		transports[sc.transport] = true
	}
	if o.rounds != 1 || len(transports) != 3 {
		t.Errorf("%d rounds over %v", o.rounds, transports)
	}
}

func TestTitlesSayWhatIsMeasured(t *testing.T) {
	titles := make(map[string]string)
	for _, sc := range scenarios() {
		titles[sc.name] = sc.title()
	}
	for name, want := range map[string]string{
		"20k":         "172 B, 20,000 packets/s, 64 allocations",
		"max-1200":    "1,200 B in bursts of 4, saturated: 512 packets under way, 64 allocations",
		"4000":        "172 B, 40,000 packets/s, 4,000 allocations",
		"hairpin":     "172 B, 20,000 packets/s, 64 allocations, relay to relay on one server",
		"ipv6":        "172 B, 20,000 packets/s, 64 allocations, IPv6",
		"indications": "172 B, 20,000 packets/s, 64 allocations, Send and Data indications",
		"tls":         "172 B, 20,000 packets/s, 64 allocations, clients over TLS",
		"setup":       "2,000 clients, each 401, Allocate, CreatePermission, ChannelBind",
	} {
		if titles[name] != want {
			t.Errorf("%s: %q, want %q", name, titles[name], want)
		}
	}
}

func TestOnlyOurFaultsFail(t *testing.T) {
	sample := func(server string, m report.Metric, v float64) *report.Report {
		return &report.Report{Short: true, Samples: []report.Sample{{Scenario: "20k", Server: server, Round: 1, Values: map[report.Metric]float64{m: v}}}}
	}
	long := sample("turnpike-portable", report.Lost, 0.01)
	long.Short = false
	for name, c := range map[string]struct {
		report *report.Report
		fails  bool
	}{
		"lost":                  {sample("turnpike-portable", report.Lost, 0.01), true},
		"wrong":                 {sample("turnpike-batched", report.Wrong, 1), true},
		"lost without a relay":  {sample(report.Direct, report.Lost, 0.01), true},
		"lost by another":       {sample("coturn", report.Lost, 0.5), false},
		"slow":                  {sample("turnpike-portable", report.ServerCPU, 1e6), false},
		"lost at a high rate":   {long, false},
		"a server that is gone": {&report.Report{Short: true, Failures: []report.Failure{{Server: "coturn"}}}, false},
		"ours is gone":          {&report.Report{Short: true, Failures: []report.Failure{{Server: "turnpike-portable"}}}, true},
	} {
		if err := verdict(c.report); (err != nil) != c.fails {
			t.Errorf("%s: %v", name, err)
		}
	}
}
