package main

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// daemon is one that a script follows while it runs; what is in the background by
// other means can be read only once it has ended.
type daemon struct {
	*exec.Cmd
	out, log transcript
}

// transcript is what was written so far.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(p)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

type daemonKey struct{}

// started is the daemon that the script has started.
func started(ts *testscript.TestScript, neg bool, args []string) *daemon {
	d := ts.Value(daemonKey{}).(*daemon)
	if neg || len(args) > 0 || d.Cmd == nil {
		ts.Fatalf("hangup and stop take nothing, and a daemon that runs")
	}
	return d
}

// follow starts the daemon.
func follow(ts *testscript.TestScript, neg bool, args []string) {
	d := ts.Value(daemonKey{}).(*daemon)
	if neg || d.Cmd != nil {
		ts.Fatalf("usage: daemon ARGUMENT…, once")
	}
	program, err := exec.LookPath("turnpike")
	ts.Check(err)
	d.Cmd = exec.Command(program, args...)
	d.Dir, d.Stdout, d.Stderr = ts.Getenv("WORK"), &d.out, &d.log
	d.Env = append(os.Environ(), "HOME="+ts.Getenv("HOME"), "RUNTIME_DIRECTORY="+ts.Getenv("RUNTIME_DIRECTORY"))
	ts.Check(d.Start())
	ts.Defer(func() {
		if d.ProcessState == nil {
			_ = d.Process.Kill()
			_ = d.Wait()
		}
	})
}

// hangUp sends SIGHUP, and waits for a line on the log that says how it went.
func hangUp(ts *testscript.TestScript, neg bool, args []string) {
	d := started(ts, neg, args)
	said := func() int { return strings.Count(d.log.String(), `"msg":"configuration `) }
	before := said()
	ts.Check(d.Process.Signal(syscall.SIGHUP))
	for end := time.Now().Add(10 * time.Second); said() == before; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			ts.Fatalf("nothing was said about the configuration")
		}
	}
}

// stop ends the daemon, and shows what it wrote.
func stop(ts *testscript.TestScript, neg bool, args []string) {
	d := started(ts, neg, args)
	ts.Check(d.Process.Signal(syscall.SIGTERM))
	ts.Check(d.Wait())
	_, _ = ts.Stdout().Write([]byte(d.out.String()))
	_, _ = ts.Stderr().Write([]byte(d.log.String()))
}
