// Package report makes of the samples of a benchmark what people read: medians and ratios, a text table, JSON, a chart, and a page for the docs. It is
// pure: it has no goroutine, no lock, and measures nothing.
package report

import (
	"encoding/json"
	"fmt"
	"io"
	"time"
)

// A Metric is what a value of a Sample is.
type Metric string

// The metrics. CPU is in µs, and for traffic per packet that has arrived.
const (
	ServerCPU Metric = "server_us"  // of the server's process
	TotalCPU  Metric = "total_us"   // of server, generator and the kernel's own threads
	AddedCPU  Metric = "added_us"   // TotalCPU, less that without a relay
	Rate      Metric = "packets_s"  // packets that arrived, a second
	PerCore   Metric = "per_core_s" // packets a second for which one core is busy
	Lost      Metric = "lost"       // share of packets
	Wrong     Metric = "wrong"      // packets
	P50       Metric = "p50_us"
	P99       Metric = "p99_us"
	SetupCPU  Metric = "setup_us" // CPU of the server for one client
	SetupRate Metric = "setups_s"
	RSS1k     Metric = "rss_1k_kb" // of the server, per allocation
	RSS10k    Metric = "rss_10k_kb"
	Slab1k    Metric = "slab_1k_kb" // of the kernel, per allocation
	Slab10k   Metric = "slab_10k_kb"
	Memory10k Metric = "memory_10k_kb" // both
)

// A Report is what a run of the benchmark has found.
type Report struct {
	Began     time.Time  `json:"began"`
	Took      float64    `json:"seconds"`
	Machine   Machine    `json:"machine"`
	Rounds    int        `json:"rounds"`
	Seconds   float64    `json:"seconds_each"`
	Short     bool       `json:"short,omitempty"`
	Reference string     `json:"reference"` // the server that others are compared with
	Servers   []Server   `json:"servers"`
	Scenarios []Scenario `json:"scenarios"`
	Samples   []Sample   `json:"samples"`
	Failures  []Failure  `json:"failures,omitempty"`
	Warnings  []string   `json:"warnings,omitempty"`
}

// Machine is on what was measured.
type Machine struct {
	CPU     string     `json:"cpu"`
	CPUs    int        `json:"cpus"`
	Shared  bool       `json:"one_core,omitempty"` // server and generator ran on threads of one core
	Kernel  string     `json:"kernel"`
	System  string     `json:"system"`
	Go      string     `json:"go"`
	Load    [2]float64 `json:"load"` // load average before and after
	IRQTime bool       `json:"irq_time,omitempty"`
}

// A Server is one that was measured.
type Server struct {
	Name string `json:"name"`
	What string `json:"what"`
}

// Direct is the name of no server at all.
const Direct = "direct"

// A Kind is what a scenario measures.
type Kind string

// The kinds of scenarios.
const (
	Traffic Kind = "traffic"
	Setup   Kind = "setup"
	Idle    Kind = "idle"
)

// A Scenario is a load.
type Scenario struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Kind  Kind   `json:"kind"`
	// Chart tells whether the scenario is in the chart.
	Chart bool `json:"-"`
}

// A Sample is one measurement.
type Sample struct {
	Round    int                `json:"round"`
	Scenario string             `json:"scenario"`
	Server   string             `json:"server"`
	Values   map[Metric]float64 `json:"values"`
	// Bound: the generator, and not the server, was at its limit.
	Bound bool `json:"generator_bound,omitempty"`
	// Disturbed says why the sample does not count where there are others.
	Disturbed string `json:"disturbed,omitempty"`
}

// A Failure is what could not be measured; without a scenario, a server as a whole.
type Failure struct {
	Round    int    `json:"round,omitempty"`
	Scenario string `json:"scenario,omitempty"`
	Server   string `json:"server"`
	Why      string `json:"why"`
}

func (f Failure) String() string {
	if f.Scenario == "" {
		return "not measured: " + f.Server + ": " + f.Why
	}
	return fmt.Sprintf("not measured: %s, round %d: %s: %s", f.Scenario, f.Round, f.Server, f.Why)
}

// WriteJSON writes all of the report.
func (r *Report) WriteJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(r)
}
