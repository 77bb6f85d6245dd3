//go:build linux

package main

import (
	"fmt"
	"io"
	"os/exec"
	"strings"
	"time"

	"turnpike/bench/report"
)

// run measures every scenario with every server in every round: servers by turns, so that what disturbs the machine disturbs them alike.
func (b *bench) run(o options, progress io.Writer) *report.Report {
	r := &report.Report{
		Began: time.Now().UTC().Truncate(time.Second), Rounds: o.rounds, Seconds: o.duration.Seconds(), Short: o.short, Reference: o.reference,
		Machine: describeMachine(b.meter),
	}
	var servers []server
	for _, s := range o.servers {
		if len(s.words) > 0 && !strings.Contains(s.words[0], "{{") {
			if _, err := exec.LookPath(s.words[0]); err != nil {
				r.Failures = append(r.Failures, report.Failure{Server: s.name, Why: err.Error() + "; on Debian: apt-get install coturn"})
				continue
			}
		}
		servers = append(servers, s)
		r.Servers = append(r.Servers, report.Server{Name: s.name, What: s.what + version(s)})
	}
	for _, sc := range o.scenarios {
		r.Scenarios = append(r.Scenarios, sc.described())
	}
	steps := b.steps(o, servers)
	total := make(map[string]float64) // of the direct sample before, by scenario
	for i, st := range steps {
		sample, err := b.measure(st.server, st.scenario)
		name := fmt.Sprintf("round %d  %-11s  %-18s", st.round, st.scenario.name, st.server.name)
		if err != nil {
			r.Failures = append(r.Failures, report.Failure{Round: st.round, Scenario: st.scenario.name, Server: st.server.name, Why: err.Error()})
			fmt.Fprintf(progress, "%s  failed: %v\n", name, err)
			continue
		}
		sample.Round = st.round
		if st.server.name == report.Direct {
			total[st.scenario.name] = sample.Values[report.TotalCPU]
		} else if without, ok := total[st.scenario.name]; ok && st.scenario.kind == report.Traffic {
			added := sample.Values[report.TotalCPU] - without
			sample.Values[report.AddedCPU] = added
			// What is in the kernel is charged to whoever sends, so the server's own CPU may be nothing.
			sample.Values[report.PerCore] = 1e6 / max(added, sample.Values[report.ServerCPU], 0.01)
		}
		r.Samples = append(r.Samples, sample)
		left := time.Since(r.Began) / time.Duration(i+1) * time.Duration(len(steps)-i-1)
		fmt.Fprintf(progress, "%s  %-38s %s left\n", name, brief(sample), left.Round(time.Second))
	}
	if n := b.lab.Tracked(); n > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("netfilter tracks %d flows in the server's namespace; its cost is in these figures", n))
	}
	r.Took = time.Since(r.Began).Seconds()
	r.Machine.Load[1] = loadAverage()
	return r
}

// A step is a measurement to be made.
type step struct {
	round    int
	scenario scenario
	server   server
}

// steps has the servers in another order in every round, after the direct baseline.
func (b *bench) steps(o options, servers []server) (steps []step) {
	for round := 1; round <= o.rounds; round++ {
		for _, sc := range o.scenarios {
			var others []server
			for _, s := range servers {
				if s.misses(sc) != "" {
					continue
				}
				if s.name == report.Direct {
					steps = append(steps, step{round, sc, s})
				} else {
					others = append(others, s)
				}
			}
			for i := range others {
				steps = append(steps, step{round, sc, others[(i+round)%len(others)]})
			}
		}
	}
	return steps
}

// brief is what a sample says in a few words.
func brief(s report.Sample) string {
	v := s.Values
	if rss, ok := v[report.RSS10k]; ok {
		return fmt.Sprintf("%.1f + %.1f KB an allocation", rss, v[report.Slab10k])
	}
	if us, ok := v[report.SetupCPU]; ok {
		return fmt.Sprintf("%.0f µs a set-up", us)
	}
	text := fmt.Sprintf("%.0f/s", v[report.Rate])
	if us, ok := v[report.ServerCPU]; ok {
		text += fmt.Sprintf(", server %.2f µs", us)
	}
	if us, ok := v[report.AddedCPU]; ok {
		text += fmt.Sprintf(", added %.2f µs", us)
	}
	if v[report.Lost] > 0 {
		text += fmt.Sprintf(", lost %.2g %%", v[report.Lost]*100)
	}
	if v[report.Wrong] > 0 {
		text += fmt.Sprintf(", %.0f WRONG", v[report.Wrong])
	}
	return text
}
