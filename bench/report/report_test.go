package report

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

// sampled is a report of three rounds, of which the second was disturbed for one server.
func sampled() *Report {
	r := &Report{
		Began: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), Took: 600, Rounds: 3, Seconds: 2, Reference: "coturn",
		Machine:   Machine{CPU: "a CPU", CPUs: 2, Kernel: "6.1", System: "Debian", Go: "go1.26", Load: [2]float64{0.1, 1}},
		Servers:   []Server{{Direct, "nothing"}, {"coturn", "the reference"}, {"turnpike-portable", "ours"}},
		Scenarios: []Scenario{{"20k", "172 B & more", Traffic, true}, {"setup", "clients", Setup, false}, {"idle", "memory", Idle, false}},
	}
	add := func(round int, scenario, server string, values map[Metric]float64) {
		r.Samples = append(r.Samples, Sample{Round: round, Scenario: scenario, Server: server, Values: values})
	}
	for round := 1; round <= 3; round++ {
		f := float64(round)
		add(round, "20k", Direct, map[Metric]float64{TotalCPU: 5, Rate: 20_000, Lost: 0, P50: 5, P99: 20})
		add(round, "20k", "coturn", map[Metric]float64{ServerCPU: 8 * f, AddedCPU: 10 * f, Rate: 19_990, PerCore: 1e5 / f, Lost: 0.0001, P50: 50, P99: 500})
		add(round, "20k", "turnpike-portable", map[Metric]float64{ServerCPU: 4 * f, AddedCPU: 6 * f, Rate: 20_000, PerCore: 1e6, P50: 40, P99: 90})
	}
	add(1, "setup", "coturn", map[Metric]float64{SetupCPU: 200, SetupRate: 4700})
	add(1, "idle", "turnpike-portable", map[Metric]float64{RSS1k: 2, RSS10k: 1.5, Slab1k: 5, Slab10k: 4.7, Memory10k: 6.2})
	return r
}

func TestSpreadIsMedianMinAndMax(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   Spread
	}{
		{nil, Spread{}},
		{[]float64{3}, Spread{3, 3, 3, 1}},
		{[]float64{4, 1}, Spread{2.5, 1, 4, 2}},
		{[]float64{9, 1, 5}, Spread{5, 1, 9, 3}},
	} {
		if got := spreadOf(c.values); got != c.want {
			t.Errorf("%v: %v, want %v", c.values, got, c.want)
		}
	}
}

func TestRatiosAreOfTheSameRound(t *testing.T) {
	r := sampled()
	if got := r.Ratio("20k", "turnpike-portable", ServerCPU); got != (Spread{0.5, 0.5, 0.5, 3}) {
		t.Errorf("%v", got)
	}
	if got := r.Ratio("idle", "turnpike-portable", Memory10k); got.N != 0 {
		t.Errorf("a ratio to what was not measured: %v", got)
	}
}

func TestDisturbedSamplesCountOnlyWhereThereAreNoOthers(t *testing.T) {
	r := sampled()
	for i := range r.Samples {
		if s := &r.Samples[i]; s.Server == "coturn" && s.Round == 3 {
			s.Disturbed = DisturbedByLoss
		}
	}
	if got := r.Spread("20k", "coturn", ServerCPU); got != (Spread{12, 8, 16, 2}) {
		t.Errorf("%v", got)
	}
	for i := range r.Samples {
		r.Samples[i].Disturbed = DisturbedBySteal
	}
	if got := r.Spread("20k", "coturn", ServerCPU); got.N != 3 {
		t.Errorf("%v", got)
	}
}

func TestTableShowsFiguresAndRatios(t *testing.T) {
	r := sampled()
	r.Samples[1].Disturbed = DisturbedByDelay
	r.Failures = []Failure{{Server: "pion", Why: "it has ended"}, {2, "setup", "coturn", "no answer"}}
	r.Samples[2].Values[Wrong] = 3
	for i := range r.Samples {
		r.Samples[i].Bound = r.Samples[i].Server == "turnpike-portable"
	}
	var b strings.Builder
	if err := r.WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"20k: 172 B & more", "8.00 (4.00–12.00)", "0.50", "0.01 %", "1.0M", "turnpike-portable *", boundNote,
		"1 of 11 measurements were disturbed", DisturbedByDelay, "not measured: pion: it has ended", "not measured: setup, round 2: coturn: no answer", "4.7k",
		"20k, round 1: turnpike-portable: 3 packets were altered",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in:\n%s", want, &b)
		}
	}
	for line := range strings.Lines(b.String()) {
		if strings.HasSuffix(line, " \n") {
			t.Errorf("a line ends with a space: %q", line)
		}
	}
}

func TestThousandsAreShort(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 994: "994", 995: "1.0k", 9_994: "10.0k", 9_995: "10k", 189_499: "189k", 999_500: "1.0M", 12e6: "12M"} {
		if got := thousands(v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
}

func TestChartIsWellFormed(t *testing.T) {
	r := sampled()
	r.Samples[2].Values[AddedCPU] = -0.5 // noise may be larger than what is measured
	var b strings.Builder
	if err := r.WriteChart(&b); err != nil {
		t.Fatal(err)
	}
	bars := 0
	for d := xml.NewDecoder(strings.NewReader(b.String())); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, &b)
		}
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "rect" {
			bars++
			for _, a := range e.Attr {
				if strings.HasPrefix(a.Value, "-") {
					t.Errorf("%s is %s", a.Name.Local, a.Value)
				}
			}
		}
	}
	if bars != 2 {
		t.Errorf("%d bars in\n%s", bars, &b)
	}
	for _, want := range []string{"172 B &amp; more", "20.00   1.00×", "ours"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in:\n%s", want, &b)
		}
	}
}

func TestDocumentSaysOnWhatItWasMeasured(t *testing.T) {
	r := sampled()
	r.Machine.Shared = true
	r.Warnings = []string{"a warning"}
	var b strings.Builder
	if err := r.WriteDocument(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"about 10 minutes", "20 November 2026", "2 CPUs: a CPU, Debian, Linux 6.1, built with go1.26. Three rounds of 2 s", "0.1 before and 1.0 after",
		"threads of one core", "A warning.", "**coturn**: the reference", "## Memory", "| turnpike-portable | 8.00 (4.00–12.00) | 0.50 |",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in:\n%s", want, &b)
		}
	}
	if strings.Contains(b.String(), "NaN") || strings.Contains(b.String(), "Inf") {
		t.Errorf("no numbers:\n%s", &b)
	}
}

func TestJSONHoldsEverySample(t *testing.T) {
	r := sampled()
	var b strings.Builder
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var got Report
	if err := json.Unmarshal([]byte(b.String()), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Samples) != len(r.Samples) || got.Samples[1].Values[ServerCPU] != 8 {
		t.Errorf("%s", &b)
	}
}
