package packages

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestTheRPMPackageHasWhatTheDebianPackageHas(t *testing.T) {
	need(t, "rpm", "dpkg-deb")
	for deb, rpm := range map[string]string{"*_amd64.deb": "*.x86_64.rpm", "*_arm64.deb": "*.aarch64.rpm"} {
		var listed []string
		for line := range strings.Lines(run(t, "rpm", "-qp", "--qf", "[%{FILEMODES:perms} %{FILEUSERNAME}/%{FILEGROUPNAME} %{FILENAMES}\\n]", built(t, rpm))) {
			listed = append(listed, strings.TrimSpace(line))
		}
		has := "\n" + strings.Join(listed, "\n") + "\n"
		for line := range strings.Lines(run(t, "dpkg-deb", "-c", built(t, deb))) {
			f := strings.Fields(line)
			mode, owner, path := f[0], f[1], strings.TrimPrefix(f[5], ".")
			path = strings.NewReplacer("doc/turnpike/copyright", "licenses/turnpike/LICENSE", "vendor-completions", "site-functions").Replace(path)
			if mode[0] == '-' && !strings.Contains(has, "\n"+mode+" "+owner+" "+path+"\n") {
				t.Errorf("%s lacks %s %s %s", rpm, mode, owner, path)
			}
		}
		if marked := run(t, "rpm", "-qp", "--configfiles", built(t, rpm)); marked != "/etc/turnpike/turnpike.yml\n" {
			t.Errorf("marked as configuration: %s", marked)
		}
	}
}

// The files and scripts are rpm's own, the system is Debian's.
func TestTheRPMPackageKeepsTheSecretOnUpgradeAndLeavesNothing(t *testing.T) {
	need(t, "debootstrap", "rpm")
	root, before := install(t)
	run(t, "chroot", root, "dpkg", "--purge", "turnpike")
	file := built(t, "*."+map[string]string{"amd64": "x86_64", "arm64": "aarch64"}[runtime.GOARCH]+".rpm")
	run(t, "rpm", "--root", root, "--nodeps", "-i", file)
	secret := read(t, filepath.Join(root, "etc/turnpike/secret"))
	for _, path := range []string{"/etc/turnpike/secret", "/etc/turnpike/turnpike.yml"} {
		if got := strings.TrimSpace(run(t, "chroot", root, "stat", "-c", "%U %G %a", path)); got != "root turnpike 640" {
			t.Errorf("%s is %s", path, got)
		}
	}
	run(t, "chroot", "--userspec=turnpike:turnpike", root, "turnpike", "check", "-config", "/etc/turnpike/turnpike.yml")

	run(t, "rpm", "--root", root, "--nodeps", "-U", "--force", file)
	if now := read(t, filepath.Join(root, "etc/turnpike/secret")); now != secret {
		t.Error("the secret is another after an upgrade")
	}
	change(t, filepath.Join(root, "etc/turnpike/turnpike.yml"), "\nrealm: example.org\n")
	run(t, "rpm", "--root", root, "--nodeps", "-e", "turnpike")
	if !strings.Contains(read(t, filepath.Join(root, "etc/turnpike/turnpike.yml.rpmsave")), "example.org") {
		t.Error("the changed configuration is not kept")
	}
	if err := os.RemoveAll(filepath.Join(root, "etc/turnpike/turnpike.yml.rpmsave")); err != nil {
		t.Fatal(err)
	}
	for path := range files(t, root) {
		if strings.Contains(path, "turnpike") && !before[path] && path != "/etc/turnpike" {
			t.Errorf("%s is left", path)
		}
	}
}
