package packages

import (
	_ "embed"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

//go:embed boot.sh
var bootScript string

const bootUnit = `[Unit]
After=turnpike.service
[Service]
Type=oneshot
TimeoutStartSec=500s
ExecStart=/bin/bash /boot.sh
ExecStopPost=/bin/systemctl poweroff --no-block
`

// The system boots, and boot.sh in it tells how the service fares.
func TestSystemdRunsReloadsRevivesUpgradesAndPurgesTheService(t *testing.T) {
	need(t, "debootstrap", "ip", "systemd-nspawn")
	root, _ := install(t)
	ns := network(t)
	nspawn := []string{"--kill-after=10", "600", "systemd-nspawn", "-D", root, "--register=no", "--keep-unit", "--network-namespace-path=/run/netns/" + ns}
	if err := try("timeout", append(nspawn, "/bin/true")...); err != nil {
		t.Skipf("this machine boots no container: %v", err)
	}
	for path, text := range map[string]string{
		"boot.sh":                         bootScript,
		"etc/systemd/system/told.service": bootUnit,
	} {
		if err := os.WriteFile(filepath.Join(root, path), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	wants := filepath.Join(root, "etc/systemd/system/multi-user.target.wants")
	if err := os.Symlink("/etc/systemd/system/told.service", filepath.Join(wants, "told.service")); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	out, err := output("timeout", append(nspawn, "-b")...)
	t.Logf("the system ran for %.0f s", time.Since(begun).Seconds())
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]string{}
	file, err := os.ReadFile(filepath.Join(root, "said"))
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for line := range strings.Lines(string(file)) {
		name, text, _ := strings.Cut(strings.TrimSpace(line), ": ")
		said[name] = text
	}
	for name, want := range map[string]string{
		"start":       "active 0", // state, and how often systemd had to restart it
		"account":     "turnpike",
		"status":      "0 allocations, 0 sessions, self-test good",
		"call":        "0",
		"sessions":    "0",
		"reload":      "0 active",
		"reload-bad":  "active",
		"upgrade-bad": "0 1", // the same process, and it is said once
		"upgrade":     "active 1",
		"upgrade-new": "0",
		"killed":      "active 1",
		"restart":     "active",
		"fed":         "active 0",
		"watchdog":    "active 1",
		"purge":       "0 inactive",
	} {
		if said[name] != want {
			t.Errorf("%s: %q, not %q", name, said[name], want)
		}
	}
	journal := read(t, filepath.Join(root, "journal"))
	for _, line := range []string{
		"configuration taken over", "configuration not taken over, the old one stays", "shutting down",
		"Main process exited, code=killed, status=9/KILL", "Watchdog timeout",
	} {
		if !strings.Contains(journal, line) {
			t.Errorf("the journal does not say %q", line)
		}
	}
	if t.Failed() {
		for _, name := range []string{"journal", "upgrade", "upgrade-bad", "purge", "probe", "sessions"} {
			text, _ := os.ReadFile(filepath.Join(root, name))
			t.Logf("%s:\n%s", name, text)
		}
	}
}
