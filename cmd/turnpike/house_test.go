package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"turnpike/config"
)

// TestImportsFormAStar: this command imports the other packages of the module,
// and they do not import each other, but for what lies below themselves.
func TestImportsFormAStar(t *testing.T) {
	rooms := []string{"config", "turnserver", "signal", "web", "admin"}
	for _, room := range rooms {
		for _, dep := range strings.Fields(goList(t, "-deps", "turnpike/"+room)) {
			inside := dep == "turnpike/"+room || strings.HasPrefix(dep, "turnpike/"+room+"/")
			if strings.HasPrefix(dep, "turnpike/") && !inside {
				t.Errorf("%s imports %s", room, dep)
			}
		}
	}
	deps := "\n" + goList(t, "-deps", "turnpike/cmd/turnpike")
	for _, room := range rooms {
		if !strings.Contains(deps, "\nturnpike/"+room+"\n") {
			t.Errorf("cmd/turnpike does not import %s", room)
		}
	}
}

func TestOnlyMainListensForSignals(t *testing.T) {
	files := goList(t, "-f", `{{$dir := .Dir}}{{range .GoFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}`, "turnpike/...")
	found := ""
	for _, file := range strings.Fields(files) {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(src), "\n\t\"os/signal\"\n") || strings.Contains(string(src), "import \"os/signal\"") {
			found += " " + filepath.Base(filepath.Dir(file)) + "/" + filepath.Base(file)
		}
	}
	if found != " turnpike/main.go" {
		t.Errorf("os/signal is imported by:%s", found)
	}
}

func goList(t *testing.T, args ...string) string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list"}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list %v: %v", args, err)
	}
	return string(out)
}

// TestDocumentedConfigurationsAreSound checks the YAML that a stranger copies.
func TestDocumentedConfigurationsAreSound(t *testing.T) {
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	fenced := regexp.MustCompile("(?s)```yaml\n(.*?)```")
	for file, least := range map[string]int{"../../README.md": 1, "../../docs/security.md": 5} {
		files = append(files, file)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(fenced.FindAllString(string(text), -1)); n < least {
			t.Errorf("%s shows %d configurations", file, n)
		}
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range fenced.FindAllStringSubmatch(string(text), -1) {
			filledIn := strings.ReplaceAll(block[1], "your-own-password", "g8Rw2hTz5LxV0nQc7MsK4pJd")
			if _, err := config.Parse([]byte(filledIn)); err != nil {
				t.Errorf("%s: %s\n%v", file, block[1], err)
			}
			if filledIn == block[1] {
				continue
			}
			if _, err := config.Parse([]byte(block[1])); err == nil {
				t.Errorf("%s: the password that everybody can read there is accepted", file)
			}
		}
	}
}
