package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

var directory string

func TestMain(m *testing.M) {
	var err error
	if directory, err = os.MkdirTemp("", "turnpike-manual-"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(directory)
	os.Exit(code)
}

const example = "../../../config/example.yml"

// written has the program explain itself, and returns the directory with the result.
var written = sync.OnceValue(func() error {
	build := exec.Command("go", "build", "-o", directory+"/turnpike", "./cmd/turnpike")
	build.Dir = "../../.."
	if out, err := build.CombinedOutput(); err != nil {
		return &exec.Error{Name: string(out), Err: err}
	}
	return write(directory, directory+"/turnpike", example, "1.2.3")
})

func file(t *testing.T, name string) string {
	t.Helper()
	if err := written(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(directory, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// shown is a page as a reader sees it, in one line.
func shown(t *testing.T, name string) string {
	t.Helper()
	file(t, name)
	if _, err := exec.LookPath("man"); err != nil {
		t.Skip("man is not installed")
	}
	cmd := exec.Command("man", "--warnings", "--local-file", filepath.Join(directory, name))
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8", "MANWIDTH=1000", "MAN_KEEP_FORMATTING=", "MANROFFOPT=-c -rIN=0", "PAGER=cat", "MANPAGER=cat")
	var complaints strings.Builder
	cmd.Stderr = &complaints
	out, err := cmd.Output()
	if err != nil || complaints.Len() > 0 {
		t.Errorf("man %s: %v\n%s", name, err, &complaints)
	}
	return words(regexp.MustCompile(".\b").ReplaceAllString(string(out), ""))
}

func words(text string) string { return strings.Join(strings.Fields(text), " ") }

func TestTheManualHasAllThatTheCommandsSay(t *testing.T) {
	page := shown(t, "turnpike.1")
	commands, err := ask(directory + "/turnpike")
	if err != nil {
		t.Fatal(err)
	}
	if len(commands) < 7 {
		t.Errorf("%d commands", len(commands))
	}
	for _, c := range commands {
		help, err := exec.Command(directory+"/turnpike", c.name, "-h").Output()
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(help)) {
			for part := range strings.SplitSeq(strings.TrimPrefix(line, "usage:"), "  ") {
				if part = words(part); !strings.Contains(page, part) {
					t.Errorf("turnpike %s: %q is not in the manual", c.name, part)
				}
			}
		}
	}
}

func TestTheManualHasEveryKeyWithItsDefaultAndComment(t *testing.T) {
	page := shown(t, "turnpike.yml.5")
	text, err := os.ReadFile(example)
	if err != nil {
		t.Fatal(err)
	}
	_, keys, _ := strings.Cut(string(text), "\n\n") // without the preface
	for line := range strings.Lines(keys) {
		value, comment, _ := strings.Cut(line, "# ")
		_, value, _ = strings.Cut(value, ":")
		for _, part := range []string{value, comment} {
			if part = words(part); part != "" && !strings.Contains(page, part) {
				t.Errorf("%q is not in the manual", part)
			}
		}
	}
	for _, key := range []string{"realm: turnpike", "turn.credentials.tokens.server: ", "http.auth.jwks.refresh: 1h", "log.format: auto"} {
		if !strings.Contains(page, key) {
			t.Errorf("%q is not in the manual", key)
		}
	}
}

func TestBashCompletesCommandsAndFlags(t *testing.T) {
	script := file(t, "turnpike.bash")
	for line, want := range map[string]string{
		"turnpike ch":                    "check",
		"turnpike con":                   "conformance",
		"turnpike conformance -":         "-user -pass -secret -json -slow",
		"turnpike check -":               "-config",
		"turnpike -":                     "-config",
		"turnpike check -config turnp":   "", // files, by bash itself
		"turnpike credentials -user ":    "",
		"turnpike probe turn:a.example ": "",
	} {
		ask := `COMP_WORDS=($1); [[ $1 == *" " ]] && COMP_WORDS+=(""); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _turnpike; echo ${COMPREPLY[@]}`
		cmd := exec.Command("bash", "-c", script+"\nshopt -s extglob; export LC_ALL=C\n"+ask, "bash", line)
		cmd.Dir = directory
		out, err := cmd.CombinedOutput()
		got := words(string(out))
		if err != nil || got != want {
			t.Errorf("%q: %v, %q, not %q", line, err, got, want)
		}
	}
}

func TestFishCompletesCommandsAndFlags(t *testing.T) {
	script := file(t, "turnpike.fish")
	if _, err := exec.LookPath("fish"); err != nil {
		t.Skip("fish is not installed")
	}
	for line, want := range map[string]string{
		"turnpike ch":            "check\tcheck a configuration",
		"turnpike conformance -": "-slow\talso test what has to be waited for",
	} {
		out, err := exec.Command("fish", "--no-config", "-c", script+"\ncomplete -C "+quote(line)).CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%q: %v, %s", line, err, out)
		}
	}
}

func TestZshReadsItsCompletion(t *testing.T) {
	script := file(t, "_turnpike")
	if _, err := exec.LookPath("zsh"); err != nil {
		t.Skip("zsh is not installed")
	}
	// Each argument that _arguments gets is shown.
	for line, want := range map[string]string{
		"turnpike conformance -": "-slow[also test what has to be waited for]",
		"turnpike -":             "-config[the configuration]:FILE:_files",
		"turnpike c":             "conformance:test any TURN server",
	} {
		show := `_arguments() { print -l -- "$@"; }; _describe() { print -l -- "${(@P)2}"; }; words=(${=1}); CURRENT=$#words;`
		out, err := exec.Command("zsh", "-f", "-c", show+" complete() {\n"+script+"}; complete", "zsh", line).CombinedOutput()
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%q: %v, %s", line, err, out)
		}
	}
}
