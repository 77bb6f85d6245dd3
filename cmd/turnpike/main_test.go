package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"turnpike": main, "occupy": occupy})
}

// occupy is another program that holds UDP ports, until it is killed.
func occupy() {
	for _, at := range os.Args[1:] {
		if _, err := net.ListenPacket("udp", at); err != nil {
			panic(err)
		}
	}
	select {}
}

// TestScripts runs testdata/*.txtar, each with loopback addresses of its own
// (127.0.0.N), so that they can run side by side.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Values[daemonKey{}] = new(daemon)
			env.Setenv("RUNTIME_DIRECTORY", filepath.Join(env.WorkDir, "run"))
			// A world-readable secret is refused, so the archive's files are made private.
			return filepath.WalkDir(env.WorkDir, func(path string, d os.DirEntry, err error) error {
				if err == nil && d.Type().IsRegular() {
					err = os.Chmod(path, 0o600)
				}
				return err
			})
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"waitfor": waitFor,
			"get":     get,
			"misuse":  misused,
			"term":    terminate,
			"daemon":  follow,
			"hangup":  hangUp,
			"stop":    stop,
			"session": session,
			"relay":   relay,
		},
	})
}

// waitFor waits until a URL is answered with 200, and no self-test runs.
func waitFor(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: waitfor URL")
	}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		resp, err := client.Get(args[0])
		if err != nil {
			continue
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err == nil && resp.StatusCode == http.StatusOK && !strings.Contains(string(body), "self-test: running") {
			return
		}
	}
	ts.Fatalf("%s is not answered", args[0])
}

// get prints status and body of a URL, asked with a token if one is given.
func get(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 && len(args) != 2 {
		ts.Fatalf("usage: get URL [TOKEN]")
	}
	request, err := http.NewRequest("GET", args[0], nil)
	ts.Check(err)
	if len(args) == 2 {
		request.Header.Set("Authorization", "Bearer "+args[1])
	}
	resp, err := client.Do(request)
	if neg {
		if err == nil {
			resp.Body.Close()
			ts.Fatalf("%s is answered with %s", args[0], resp.Status)
		}
		return
	}
	ts.Check(err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s %s\n%s", resp.Proto, resp.Status, body)
}

var client = &http.Client{
	Timeout: 5 * time.Second,
	Transport: &http.Transport{
		DisableKeepAlives: true,
		ForceAttemptHTTP2: true,
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, // the scripts' certificates are their own
	},
}

// misused runs a command that has to exit with 2.
func misused(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: misuse COMMAND…")
	}
	err := ts.Exec(args[0], args[1:]...)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 {
		ts.Fatalf("%v: %v, want exit status 2", args, err)
	}
}

// terminate sends SIGTERM to what a script has in the background.
func terminate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: term")
	}
	for _, cmd := range ts.BackgroundCmds() {
		ts.Check(cmd.Process.Signal(syscall.SIGTERM))
	}
}

// session opens a signaling session, ends the daemon, and has to see its
// session closed in so many words.
func session(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: session URL")
	}
	conn, _, err := websocket.DefaultDialer.Dial(args[0], nil)
	ts.Check(err)
	defer conn.Close()
	ts.Check(conn.WriteMessage(websocket.TextMessage, []byte(`{"type": "hello", "version": 1}`)))
	ts.Check(conn.SetReadDeadline(time.Now().Add(10 * time.Second)))
	_, welcome, err := conn.ReadMessage()
	ts.Check(err)
	fmt.Fprintf(ts.Stdout(), "%s\n", welcome)
	terminate(ts, false, nil)
	if _, _, err = conn.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseGoingAway) {
		ts.Fatalf("the session ended with %v, want close 1001", err)
	}
}

// Scripts run side by side, so no two may have the same address.
func TestScriptsHaveAddressesOfTheirOwn(t *testing.T) {
	scripts, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatal(scripts, err)
	}
	owner := make(map[string]string)
	for _, name := range scripts {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, address := range regexp.MustCompile(`127\.0\.0\.\d+`).FindAllString(string(text), -1) {
			if other := owner[address]; other != "" && other != name {
				t.Errorf("%s is used by %s and %s", address, other, name)
			}
			owner[address] = name
		}
	}
}
