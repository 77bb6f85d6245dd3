package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// analyzed runs systemd-analyze over the unit, and returns all that it says. This
// test stands for the daemon, which is not installed here.
func analyzed(t *testing.T, args ...string) (string, error) {
	t.Helper()
	tool, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	unit, err := os.ReadFile("../../systemd/turnpike.service")
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	installed := strings.Replace(string(unit), "/usr/local/bin/turnpike", self, 1)
	if installed == string(unit) {
		t.Fatal("the unit does not start /usr/local/bin/turnpike")
	}
	file := filepath.Join(t.TempDir(), "turnpike.service")
	if err := os.WriteFile(file, []byte(installed), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(tool, append(args, file)...).CombinedOutput()
	return string(out), err
}

// A misspelt key is only warned of, so whatever is said is a failure.
func TestUnitIsSound(t *testing.T) {
	if out, err := analyzed(t, "verify"); err != nil || out != "" {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestUnitIsExposedToLittle(t *testing.T) {
	const most = "20" // of 100; systemd calls it OK
	if out, err := analyzed(t, "security", "--offline=true", "--no-pager", "--threshold="+most); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
