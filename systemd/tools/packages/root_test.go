// Package packages installs what release.sh builds, in a Debian that is made for
// the test and thrown away. Its traffic stays in a network namespace.
package packages

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// work has the release and the bare Debian, which the tests share.
var work string

func TestMain(m *testing.M) {
	var err error
	if work, err = os.MkdirTemp("", "turnpike-packages-"); err != nil {
		panic(err)
	}
	code := m.Run()
	if err := os.RemoveAll(work); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

var release = sync.OnceValue(func() error {
	return try("../../release.sh", "0.1.0-test", filepath.Join(work, "dist"))
})

// built is a file of the release, by a pattern.
func built(t *testing.T, pattern string) string {
	t.Helper()
	if err := release(); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob(filepath.Join(work, "dist", pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("%s: %v %v", pattern, found, err)
	}
	return found[0]
}

var debian = sync.OnceValue(func() error {
	suite, err := output("sh", "-c", ". /etc/os-release && echo $VERSION_CODENAME")
	if err != nil {
		return err
	}
	return try("debootstrap", "--variant=minbase", "--include=systemd,systemd-sysv,dbus", strings.TrimSpace(suite), filepath.Join(work, "debian"))
})

// install makes a Debian with the package in it, and returns its directory, and what
// was in it before.
func install(t *testing.T) (root string, before map[string]bool) {
	t.Helper()
	if err := debian(); err != nil {
		t.Skipf("debootstrap makes no Debian here: %v", err)
	}
	root = filepath.Join(t.TempDir(), "root")
	run(t, "cp", "-a", filepath.Join(work, "debian"), root)
	run(t, "cp", built(t, "*_"+runtime.GOARCH+".deb"), filepath.Join(root, "turnpike.deb"))
	before = files(t, root)
	run(t, "chroot", root, "dpkg", "-i", "/turnpike.deb")
	return root, before
}

// files are all paths below root.
func files(t *testing.T, root string) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	err := filepath.WalkDir(root, func(path string, _ os.DirEntry, err error) error {
		all[strings.TrimPrefix(path, root)] = true
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// need skips where the test cannot be made.
func need(t *testing.T, tools ...string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root")
	}
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed", tool)
		}
	}
}

const address = "203.0.113.10"

// network is a namespace that has one address, and no way out.
func network(t *testing.T) (name string) {
	t.Helper()
	name = fmt.Sprintf("turnpike-packages-%d", os.Getpid())
	if err := try("ip", "netns", "add", name); err != nil {
		t.Skipf("this machine grants no network namespaces: %v", err)
	}
	t.Cleanup(func() { run(t, "ip", "netns", "delete", name) })
	for _, line := range []string{
		"link set lo up", "link add wan type veth peer name isp", "link set isp up", "link set wan up",
		"address add " + address + "/24 dev wan",
	} {
		run(t, "ip", append([]string{"-n", name}, strings.Fields(line)...)...)
	}
	return name
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := output(name, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func try(name string, args ...string) error {
	_, err := output(name, args...)
	return err
}

func output(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "DEBIAN_FRONTEND=noninteractive")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out), nil
}
