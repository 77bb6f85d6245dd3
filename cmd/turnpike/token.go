package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"turnpike/config"
)

// An adminToken is what lets the operator change something, for as long as the daemon
// runs: a file that only the daemon's own user and root can read.
type adminToken struct{ value, file string }

// keepToken makes the token, and leaves it where the commands look for it.
func keepToken(l config.AdminListener) (adminToken, error) {
	dir, err := runtimeDirectory()
	if err != nil {
		return adminToken{}, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return adminToken{}, err
	}
	t := adminToken{rand.Text(), filepath.Join(dir, tokenName(l))}
	// A new file with a name of its own is private from the start, whatever was there.
	f, err := os.CreateTemp(dir, "admin-*.new")
	if err != nil {
		return adminToken{}, err
	}
	_, err = f.WriteString(t.value + "\n")
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), t.file)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return adminToken{}, err
	}
	return t, nil
}

// forget takes the file away, unless another daemon has written its own there.
func (t adminToken) forget() {
	if text, err := os.ReadFile(t.file); err == nil && strings.TrimSpace(string(text)) == t.value {
		_ = os.Remove(t.file)
	}
}

// findToken reads the token of the daemon that runs: where that keeps it as a service,
// or as a program of the same user.
func findToken(l config.AdminListener) (string, error) {
	dirs := []string{serviceDirectory}
	if own, err := runtimeDirectory(); err == nil && own != serviceDirectory {
		dirs = []string{own, serviceDirectory}
	}
	var tried []string
	for _, dir := range dirs {
		file := filepath.Join(dir, tokenName(l))
		text, err := os.ReadFile(file)
		switch {
		case err == nil && tokenForm.Match(text):
			return strings.TrimSpace(string(text)), nil
		case err == nil:
			return "", fmt.Errorf("%s holds no admin token; restart the daemon, which makes a new one", file)
		case errors.Is(err, fs.ErrPermission):
			return "", fmt.Errorf("the admin token in %s is for the daemon's own user; run this as that user, or as root", file)
		}
		tried = append(tried, file)
	}
	return "", fmt.Errorf("no admin token in %s; run this on the daemon's host, as its user or as root", strings.Join(tried, " or "))
}

// tokenForm is what rand.Text makes.
var tokenForm = regexp.MustCompile(`^[A-Z2-7]{26,64}\n$`)

// serviceDirectory is what systemd/turnpike.service has.
const serviceDirectory = "/run/turnpike"

// runtimeDirectory is where a service is told to keep such files, and elsewhere one of
// the user's own.
func runtimeDirectory() (string, error) {
	if dir, _, _ := strings.Cut(os.Getenv("RUNTIME_DIRECTORY"), ":"); dir != "" {
		return dir, nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "turnpike"), nil
}

// tokenName is another for each listener, so that two daemons do not share it.
func tokenName(l config.AdminListener) string {
	host := l.Host
	if host == "" {
		host = "any"
	}
	return fmt.Sprintf("admin-%s-%d.token", strings.ReplaceAll(host, ":", "."), l.Port)
}
