package main

import (
	"bytes"
	"os"
	"testing"
)

func TestColoursAreForTerminalsAndForThoseWhoWantThem(t *testing.T) {
	tty, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no terminal to be had: ", err)
	}
	defer tty.Close()
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "")
	if got := style(tty).bold("x"); got != "\x1b[1mx\x1b[0m" {
		t.Errorf("on a terminal: %q", got)
	}
	if got := style(new(bytes.Buffer)).bold("x"); got != "x" {
		t.Errorf("in a buffer: %q", got)
	}
	t.Setenv("TERM", "dumb")
	if got := style(tty).bold("x"); got != "x" {
		t.Errorf("on a dumb terminal: %q", got)
	}
	t.Setenv("TERM", "xterm")
	t.Setenv("NO_COLOR", "1")
	if got := style(tty).bold("x"); got != "x" {
		t.Errorf("with NO_COLOR: %q", got)
	}
}
