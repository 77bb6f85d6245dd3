package main

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// systemd is the other end of NOTIFY_SOCKET.
type systemd struct {
	t    *testing.T
	conn *net.UnixConn
}

// tells reads on to a message that holds all of these words.
func (s systemd) tells(words ...string) string {
	s.t.Helper()
	if err := s.conn.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		s.t.Fatal(err)
	}
	buf := make([]byte, 4096)
	var seen []string
next:
	for {
		n, err := s.conn.Read(buf)
		if err != nil {
			s.t.Fatalf("no %q: %v after %q", words, err, seen)
		}
		message := string(buf[:n])
		seen = append(seen, message)
		for _, word := range words {
			if !strings.Contains("\n"+message, "\n"+word) {
				continue next
			}
		}
		return message
	}
}

func TestSystemdIsToldHowTheDaemonFares(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("systemd is on Linux only")
	}
	dir := t.TempDir()
	at := filepath.Join(dir, "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: at, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	told := systemd{t, conn}
	file := filepath.Join(dir, "turnpike.yml")
	text := `
turn: {listen: ["udp://127.0.0.39:3478"], relay: {addresses: [127.0.0.39], ports: 49152-49999}, credentials: {secrets: [q7Zp0vX2mK9sLd4RtYw8Bn3J]}}
http: {listen: ["http://127.0.0.39:8080"]}
admin: {listen: ""}
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(copyProgram(t, dir, "turnpike"), "-config", file)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+at, "WATCHDOG_USEC=400000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	defer func() { _ = cmd.Process.Kill() }()

	told.tells("READY=1", "STATUS=")
	told.tells("WATCHDOG=1", "STATUS=0 allocations, 0 sessions, self-test good")
	if err := cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	when := told.tells("RELOADING=1", "MONOTONIC_USEC=")
	if !regexp.MustCompile(`(?m)^MONOTONIC_USEC=[1-9]\d+$`).MatchString(when) {
		t.Errorf("when it reloads is told as %q", when)
	}
	told.tells("READY=1")
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	told.tells("STOPPING=1")
	if err := <-ended; err != nil {
		t.Errorf("%v\n%s", err, &out)
	}
}
