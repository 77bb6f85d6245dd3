//go:build linux

package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"turnpike/bench/report"
)

func newTestBench(t *testing.T, o options, programs ...string) *bench {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("network namespaces need root")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("iproute2 is not installed")
	}
	dir := t.TempDir()
	if err := build(dir, programs...); err != nil {
		t.Fatal(err)
	}
	b, err := newBench(dir, o)
	if errors.Is(err, syscall.EPERM) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestTurnpikeLosesNothingAndAltersNothing is a real run, at rates that every machine carries.
func TestTurnpikeLosesNothingAndAltersNothing(t *testing.T) {
	o, err := parse([]string{"-short", "-servers", "direct,turnpike-portable"})
	if err != nil {
		t.Fatal(err)
	}
	b := newTestBench(t, o, "turnpike/cmd/turnpike")
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

// TestServersEndWithTheBenchmark kills a copy of this test in which a server runs.
func TestServersEndWithTheBenchmark(t *testing.T) {
	const inner = "BENCH_TEST_STARTS_A_SERVER"
	if os.Getenv(inner) != "" {
		o, err := parse(nil)
		if err != nil {
			t.Fatal(err)
		}
		b := newTestBench(t, o, "turnpike/bench/floor")
		p, err := floor.start(b.lab, b.set)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Printf("\nserver %d\n", p.Process.Pid)
		time.Sleep(time.Minute) // is killed here
	}
	if os.Getuid() != 0 {
		t.Skip("network namespaces need root")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self, "-test.run", "^TestServersEndWithTheBenchmark$", "-test.v")
	cmd.Env = append(os.Environ(), inner+"=1", "TMPDIR="+t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	pid := 0
	for lines := bufio.NewScanner(out); pid == 0 && lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "--- SKIP") {
			_ = cmd.Wait()
			t.Skip("no network namespaces here")
		}
		if s, ok := strings.CutPrefix(lines.Text(), "server "); ok {
			pid, _ = strconv.Atoi(s)
		}
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if pid == 0 {
		t.Fatal("no server was started")
	}
	for end := time.Now().Add(10 * time.Second); running(pid); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the server outlives the benchmark")
		}
	}
}

// running tells whether a process is more than a zombie that nobody has waited for.
func running(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(b), ") Z ")
}
