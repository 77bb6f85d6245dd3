//go:build linux

package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"turnpike/bench/report"
)

// TestTurnpikeLosesNothingAndAltersNothing is a real run, at rates that every machine carries.
func TestTurnpikeLosesNothingAndAltersNothing(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("network namespaces need root")
	}
	o, err := parse([]string{"-short", "-servers", "direct,floor,turnpike-portable"})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := build(dir); err != nil {
		t.Fatal(err)
	}
	b, err := newBench(dir, o)
	if err != nil && strings.Contains(err.Error(), "operation not permitted") {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	var progress bytes.Buffer
	r := b.run(o, &progress)
	if err := verdict(r); err != nil {
		t.Error(err)
	}
	for _, f := range r.Failures {
		t.Error(f)
	}
	for _, sc := range r.Scenarios {
		if sc.Kind != report.Traffic {
			continue
		}
		if v := r.Spread(sc.Name, "turnpike-portable", report.ServerCPU); v.Median <= 0 {
			t.Errorf("%s: no CPU was measured", sc.Name)
		}
		if v := r.Spread(sc.Name, report.Direct, report.P50); v.Median <= 0 {
			t.Errorf("%s: no latency was measured", sc.Name)
		}
	}
	if t.Failed() {
		t.Log("\n" + progress.String())
	}
}
