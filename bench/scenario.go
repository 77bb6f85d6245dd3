//go:build linux

package main

import (
	"fmt"
	"strconv"
	"time"

	"turnpike/bench/lab"
	"turnpike/bench/load"
	"turnpike/bench/report"
)

// A scenario is what clients and peers do.
type scenario struct {
	name        string
	kind        report.Kind
	plan        lab.Plan
	transport   load.Transport
	path        load.Path
	indications bool
	flows       int
	load        load.Load
	chart       bool
}

const (
	tick = time.Millisecond
	// underway is the window of closed loops. The buffers that servers give their sockets have room for it.
	underway = 512
)

// scenarios are all there are.
func scenarios() []scenario {
	traffic := func(name string, flows int, l load.Load) scenario {
		return scenario{name: name, kind: report.Traffic, plan: lab.IPv4, transport: load.UDP, path: load.Relay, flows: flows, load: l}
	}
	small := load.Load{Size: 172, Rate: 20_000, Burst: 1, Tick: tick}
	flood := load.Load{Size: 172, Window: underway, Burst: 1}
	charted := func(s scenario) scenario { s.chart = true; return s }
	hairpin := func(s scenario) scenario { s.path = load.Hairpin; return s }
	six := func(s scenario) scenario { s.plan = lab.IPv6; return s }
	over := func(t load.Transport, s scenario) scenario { s.transport = t; return s }
	indications := func(s scenario) scenario { s.indications = true; return s }
	return []scenario{
		charted(traffic("20k", 64, small)),
		charted(traffic("bursts", 64, load.Load{Size: 1200, Rate: 60_000, Burst: 4, Tick: tick})),
		charted(traffic("max-172", 64, flood)),
		charted(traffic("max-1200", 64, load.Load{Size: 1200, Window: underway, Burst: 4})),
		charted(traffic("4000", 4000, load.Load{Size: 172, Rate: 40_000, Burst: 1, Tick: tick})),
		traffic("latency", 64, load.Load{Size: 172, Rate: 2000, Burst: 1, Tick: tick / 2}),
		charted(hairpin(traffic("hairpin", 64, small))),
		hairpin(traffic("hairpin-max", 64, flood)),
		charted(six(traffic("ipv6", 64, small))),
		six(traffic("ipv6-max", 64, flood)),
		charted(indications(traffic("indications", 64, small))),
		charted(over(load.TCP, traffic("tcp", 64, small))),
		charted(over(load.TLS, traffic("tls", 64, small))),
		{name: "setup", kind: report.Setup, plan: lab.IPv4, transport: load.UDP, path: load.Relay, flows: 2000},
		{name: "idle", kind: report.Idle, plan: lab.IPv4, transport: load.UDP, path: load.Relay, flows: 10_000},
	}
}

// short makes of the scenario what every server carries on any machine, or leaves it out.
func (s scenario) short() (scenario, bool) {
	switch {
	case s.kind == report.Idle || s.name == "latency" || s.load.Window > 0:
		return s, false
	case s.kind == report.Setup:
		s.flows = 200
	default:
		s.flows = min(s.flows, 200)
		s.load.Rate = 2000
	}
	return s, true
}

func (s scenario) title() string {
	switch s.kind {
	case report.Setup:
		return fmt.Sprintf("%s clients, each 401, Allocate, CreatePermission, ChannelBind", grouped(s.flows))
	case report.Idle:
		return "memory per idle allocation with a permission and a channel, 1,000 and 10,000 of them"
	}
	text := fmt.Sprintf("%s B", grouped(s.load.Size))
	if s.load.Burst > 1 {
		text += fmt.Sprintf(" in bursts of %d", s.load.Burst)
	}
	if s.load.Rate > 0 {
		text += fmt.Sprintf(", %s packets/s", grouped(s.load.Rate))
	} else {
		text += fmt.Sprintf(", saturated: %d packets under way", s.load.Window)
	}
	text += fmt.Sprintf(", %s allocations", grouped(s.flows))
	if s.path == load.Hairpin {
		text += ", relay to relay on one server"
	}
	if s.plan == lab.IPv6 {
		text += ", IPv6"
	}
	if s.indications {
		text += ", Send and Data indications"
	}
	if s.transport != load.UDP {
		text += map[load.Transport]string{load.TCP: ", clients over TCP", load.TLS: ", clients over TLS"}[s.transport]
	}
	return text
}

// grouped writes 20000 as 20,000.
func grouped(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func (s scenario) described() report.Scenario {
	return report.Scenario{Name: s.name, Title: s.title(), Kind: s.kind, Chart: s.chart}
}
