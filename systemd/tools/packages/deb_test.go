package packages

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestTheDebianPackageRelaysACallAndLeavesNothingWhenPurged(t *testing.T) {
	need(t, "debootstrap", "ip", "turnutils_uclient", "systemd-analyze")
	root, before := install(t)
	ns := network(t)

	for path, want := range map[string]string{
		"/etc/turnpike/secret":       "root turnpike 640",
		"/etc/turnpike/turnpike.yml": "root turnpike 640",
		"/etc/turnpike":              "root root 755",
		"/usr/bin/turnpike":          "root root 755",
	} {
		if got := strings.TrimSpace(run(t, "chroot", root, "stat", "-c", "%U %G %a", path)); got != want {
			t.Errorf("%s is %s, not %s", path, got, want)
		}
	}
	if got := strings.TrimSpace(run(t, "chroot", root, "systemctl", "is-enabled", "turnpike")); got != "enabled" {
		t.Errorf("the service is %s", got)
	}
	if out := run(t, "chroot", root, "turnpike", "version"); !strings.HasPrefix(out, "turnpike v0.1.0-test ") {
		t.Errorf("the version is %s", out)
	}
	if out := run(t, "chroot", root, "turnpike", "check", "-config", "/etc/turnpike/turnpike.yml"); strings.Contains(out, "care:") {
		t.Errorf("the configuration is warned of:\n%s", out)
	}
	if out := run(t, "systemd-analyze", "--root="+root, "--man=no", "verify", "turnpike.service"); out != "" {
		t.Errorf("the unit: %s", out)
	}

	secret := read(t, filepath.Join(root, "etc/turnpike/secret"))
	if len(secret) != 44 {
		t.Errorf("the secret is %d characters long", len(secret))
	}
	end := start(t, ns, root)
	program := filepath.Join(root, "usr/bin/turnpike")
	for begun := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		err := try("ip", "netns", "exec", ns, program, "probe", "stun:"+address)
		if err == nil {
			break
		}
		if time.Since(begun) > time.Minute {
			t.Fatal(err)
		}
	}
	call := run(t, "timeout", "60", "ip", "netns", "exec", ns,
		"turnutils_uclient", "-u", "alice", "-W", secret, "-y", "-c", "-n", "5", address)
	if !strings.Contains(call, "Total lost packets 0 (0.000000%)") {
		t.Errorf("the call:\n%s", call)
	}
	end()

	// Again, with a configuration that the operator has changed.
	change(t, filepath.Join(root, "etc/turnpike/turnpike.yml"), "\nrealm: example.org\n")
	run(t, "chroot", root, "dpkg", "-i", "/turnpike.deb")
	if !strings.Contains(read(t, filepath.Join(root, "etc/turnpike/turnpike.yml")), "example.org") {
		t.Error("the changed configuration is gone after an upgrade")
	}
	if now := read(t, filepath.Join(root, "etc/turnpike/secret")); now != secret {
		t.Error("the secret is another after an upgrade")
	}
	if got := strings.TrimSpace(run(t, "chroot", root, "stat", "-c", "%U %G %a", "/etc/turnpike/turnpike.yml")); got != "root turnpike 640" {
		t.Errorf("after an upgrade the configuration is %s", got)
	}

	run(t, "chroot", root, "dpkg", "--remove", "turnpike")
	if now := read(t, filepath.Join(root, "etc/turnpike/secret")); now != secret {
		t.Error("the secret does not outlive the package")
	}
	run(t, "chroot", root, "dpkg", "--purge", "turnpike")

	// The account stays, as with every package of Debian, and so do copies of its files.
	habit := regexp.MustCompile(`^/etc/(\.pwd\.lock|(passwd|group|shadow|gshadow)-)$|^/var/(lib/dpkg|log)/`)
	for path := range files(t, root) {
		if !before[path] && !habit.MatchString(path) {
			t.Errorf("%s is left", path)
		}
	}
	if account := run(t, "chroot", root, "getent", "passwd", "turnpike"); !strings.HasSuffix(account, "/nologin\n") {
		t.Errorf("the account is %s", account)
	}
}

// start runs what the unit runs, as the user that it names, until end.
func start(t *testing.T, ns, root string) (end func()) {
	t.Helper()
	unit := read(t, filepath.Join(root, "usr/lib/systemd/system/turnpike.service"))
	said := func(key string) string {
		m := regexp.MustCompile(`(?m)^` + key + `=(.*)$`).FindStringSubmatch(unit)
		if m == nil {
			t.Fatalf("the unit has no %s", key)
		}
		return m[1]
	}
	args := append([]string{"netns", "exec", ns, "chroot", "--userspec=" + said("User") + ":" + said("Group"), root}, strings.Fields(said("ExecStart"))...)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	cmd := exec.CommandContext(ctx, "ip", args...)
	var log strings.Builder
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	done := false
	end = func() {
		if done {
			return
		}
		done = true
		_ = cmd.Process.Signal(syscall.SIGTERM)
		if err := <-ended; err != nil {
			t.Errorf("the daemon: %v\n%s", err, &log)
		}
		cancel()
	}
	t.Cleanup(end)
	return end
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// change appends to a file.
func change(t *testing.T, file, text string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
}
