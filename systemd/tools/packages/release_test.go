package packages

import (
	"debug/elf"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheReleaseListsWhatIsInItAndItsChecksums(t *testing.T) {
	sums := read(t, built(t, "SHA256SUMS"))
	if n := strings.Count(sums, "\n") + 1; n != 6 {
		t.Errorf("%d checksums:\n%s", n, sums)
	}
	if out, err := output("sh", "-c", `cd "$1" && sha256sum --check --strict --quiet SHA256SUMS`, "sh", filepath.Join(work, "dist")); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	modules := strings.Split(strings.TrimSpace(run(t, "go", "-C", "../../..", "list", "-deps",
		"-f", "{{with .Module}}{{if not .Main}}{{.Path}}@{{.Version}}{{end}}{{end}}", "./cmd/turnpike")), "\n")
	for _, arch := range []string{"amd64", "arm64"} {
		var bom struct {
			BOMFormat  string
			Components []struct{ PURL string }
		}
		if err := json.Unmarshal([]byte(read(t, built(t, "*_linux_"+arch+".cdx.json"))), &bom); err != nil {
			t.Fatal(err)
		}
		listed := map[string]bool{}
		for _, c := range bom.Components {
			listed[c.PURL] = true
		}
		for _, m := range modules {
			if m != "" && !listed["pkg:golang/"+m] {
				t.Errorf("%s: %s is not listed", arch, m)
			}
		}
		if bom.BOMFormat != "CycloneDX" || !strings.HasPrefix(bom.Components[0].PURL, "pkg:golang/std@1.") {
			t.Errorf("%s: %s, %v", arch, bom.BOMFormat, bom.Components[0])
		}
	}
}

func TestTheProgramNeedsNoLibraryAndTellsNoPathOfItsBuilder(t *testing.T) {
	need(t, "dpkg-deb")
	here, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	for arch, machine := range map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64} {
		dir := t.TempDir()
		run(t, "dpkg-deb", "-x", built(t, "*_"+arch+".deb"), dir)
		program := filepath.Join(dir, "usr/bin/turnpike")
		f, err := elf.Open(program)
		if err != nil {
			t.Fatal(err)
		}
		libraries, err := f.ImportedLibraries()
		f.Close()
		if f.Machine != machine || f.Section(".interp") != nil || err != nil || len(libraries) > 0 {
			t.Errorf("%s: %v, %v, %v", arch, f.Machine, libraries, err)
		}
		text, err := os.ReadFile(program)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), here) {
			t.Errorf("%s: %s is in the program", arch, here)
		}
	}
}
