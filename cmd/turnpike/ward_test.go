package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// A ward is a network namespace in which doctor runs, with a copy of this program.
type ward struct {
	t                 *testing.T
	name, dir, binary string
}

var wards atomic.Int32

// newWard makes a host of its own, with these addresses on an interface that leads nowhere.
func newWard(t *testing.T, addresses ...string) *ward {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("network namespaces need root")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("ip is not installed (Debian: iproute2)")
	}
	w := &ward{t: t, name: fmt.Sprintf("tpdoctor-%d-%d", os.Getpid(), wards.Add(1)), dir: t.TempDir()}
	if out, err := exec.Command("ip", "netns", "add", w.name).CombinedOutput(); err != nil {
		t.Skipf("this machine grants no network namespaces: %v %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "delete", w.name).Run() })
	w.binary = copyProgram(t, w.dir, "turnpike")
	w.run("ip", "link", "set", "lo", "up")
	w.run("ip", "link", "add", "wan", "type", "veth", "peer", "name", "nowhere")
	w.run("sh", "-c", "echo 0 >/proc/sys/net/ipv6/conf/wan/accept_dad")
	w.run("ip", "link", "set", "wan", "up")
	w.run("ip", "link", "set", "nowhere", "up")
	for _, a := range addresses {
		w.run("ip", "address", "add", a, "dev", "wan")
	}
	if len(addresses) > 0 {
		w.run("ip", "route", "add", "default", "dev", "wan")
	}
	return w
}

// copyProgram makes this test a program of that name (TestMain).
func copyProgram(t *testing.T, dir, name string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(dir, name)
	if err := os.Link(self, to); err == nil {
		return to
	}
	text, err := os.ReadFile(self)
	if err == nil {
		err = os.WriteFile(to, text, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func (w *ward) command(args ...string) *exec.Cmd {
	return exec.Command("ip", append([]string{"netns", "exec", w.name}, args...)...)
}

func (w *ward) run(args ...string) string {
	w.t.Helper()
	out, err := w.command(args...).CombinedOutput()
	if err != nil {
		w.t.Fatalf("%v: %v\n%s", args, err, out)
	}
	return string(out)
}

func (w *ward) write(name, text string) string {
	w.t.Helper()
	file := filepath.Join(w.dir, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return file
}

// start runs something until the test ends.
func (w *ward) start(args ...string) {
	w.t.Helper()
	cmd := w.command(args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if w.t.Failed() {
			w.t.Logf("%v\n%s", args, &out)
		}
	})
}

// daemon starts turnpike, and waits until it serves.
func (w *ward) daemon(config string) {
	w.t.Helper()
	w.start(w.binary, "-config", w.write("daemon.yml", config))
	w.waitFor("3478")
}

// waitFor waits until somebody has the UDP port.
func (w *ward) waitFor(port string) {
	w.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if strings.Contains(w.run("ss", "-ulnH"), ":"+port+" ") {
			return
		}
	}
	w.t.Fatalf("nobody listens on %s", port)
}

// doctor runs it with a configuration.
func (w *ward) doctor(config string, args ...string) *findings {
	w.t.Helper()
	return diagnose(w.t, w.command(append([]string{w.binary, "doctor", "-json", "-config", w.write("turnpike.yml", config)}, args...)...))
}

func diagnose(t *testing.T, cmd *exec.Cmd) *findings {
	t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	f := &findings{t: t}
	if json.Unmarshal(out.Bytes(), &f.diagnosis) != nil {
		t.Fatalf("%v\n%s%s", err, &out, &errs)
	}
	var exit *exec.ExitError
	if failed := errors.As(err, &exit) && exit.ExitCode() == 1; failed != (f.Bad > 0) {
		t.Errorf("%v with %d bad findings", err, f.Bad)
	}
	return f
}

// findings are those of one run.
type findings struct {
	diagnosis
	t *testing.T
}

// has looks for a finding of a check, with these words in what it says and how to mend it.
func (f *findings) has(check string, s severity, words ...string) finding {
	f.t.Helper()
	var said []string
	for _, x := range f.Findings {
		if x.Check != check {
			continue
		}
		said = append(said, fmt.Sprintf("%s: %s [%s]", x.Severity, x.Text, x.Mend))
		fits := x.Severity == s
		for _, word := range words {
			fits = fits && strings.Contains(x.Text+"\n"+x.Mend, word)
		}
		if fits {
			return x
		}
	}
	f.t.Errorf("%s is not %s with %q, but\n%s", check, s, words, strings.Join(said, "\n"))
	return finding{}
}

// noneIs fails for a finding of that kind.
func (f *findings) noneIs(s severity, checks ...string) {
	f.t.Helper()
	for _, x := range f.Findings {
		for _, check := range checks {
			if x.Severity == s && x.Check == check {
				f.t.Errorf("%s is %s: %s", check, s, x.Text)
			}
		}
	}
}
