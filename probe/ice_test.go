package probe

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestAListOfServersIsFetchedAndWhatIsWrongWithItIsSaid(t *testing.T) {
	at := newTurnpike(t)
	fresh := signed(secret, "alice", time.Now().Add(10*time.Minute))
	late := signed(secret, "alice", time.Now().Add(-50*time.Minute))
	rtc := func(c credentials) string {
		return fmt.Sprintf(`{"iceServers":[{"urls":"turn:%s","username":%q,"credential":%q}],"ttl":600}`, at, c.username, c.password)
	}
	for name, c := range map[string]struct {
		status   int
		body     string
		cause    Cause
		sentence string
	}{
		"as browsers take it":  {200, rtc(fresh), Good, "Calls work from here."},
		"as coturn's scripts":  {200, fmt.Sprintf(`{"username":%q,"password":%q,"ttl":600,"uris":["turn:%s?transport=tcp"]}`, fresh.username, fresh.password, at), Good, "The relay over TCP"},
		"by a clock that lags": {200, rtc(late), ClockOff, "The credentials expired 50 min ago, though they are new: the clock of whoever made them is behind the relay's."},
		"with a token wanted":  {401, `{"code":"unauthorized","message":"a token or an invitation is needed"}`, Forbidden, "The server does not let us in: 401 Unauthorized (a token or an invitation is needed)."},
		"sent elsewhere":       {302, "", Forbidden, "302 Found"},
		"not there":            {404, "<html>", Forbidden, "404 Not Found"},
		"a page":               {200, "<html>\x1b[2J", Garbage, "is no list of ICE servers."},
		"nothing in it":        {200, "{}", Garbage, "lists no STUN or TURN server."},
		"nonsense in it":       {200, `{"iceServers":[{"urls":["gopher:x"]}]}`, Garbage, "lists no STUN or TURN server."},
		"without an end":       {200, strings.Repeat(" ", 1<<20), Garbage, "is no list of ICE servers."},
	} {
		web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/ice" || r.Header.Get("Authorization") != "Bearer T" {
				http.NotFound(w, r)
				return
			}
			w.Header().Set("Location", "http://192.0.2.1/")
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		}))
		r, err := Run(context.Background(), Options{ICE: web.URL + "/ice", Token: "T", Rate: -1})
		web.Close()
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict.Cause != c.cause || !strings.Contains(r.Verdict.Sentence, c.sentence) || strings.Contains(r.Verdict.Sentence, "\x1b") {
			t.Errorf("%s: %s: %s", name, r.Verdict.Cause, r.Verdict.Sentence)
		}
		if r.Good() != (c.cause == Good) {
			t.Errorf("%s: good is %v", name, r.Good())
		}
	}
}

func TestCredentialsDoNotTravelInTheClear(t *testing.T) {
	for _, url := range []string{"http://turn.example.org/v1/ice", "http://192.0.2.1/", "ftp://localhost/", "localhost", "http://", "http://127.0.0.1.example.org/"} {
		if _, err := Run(context.Background(), Options{ICE: url}); err == nil {
			t.Errorf("%s is asked", url)
		}
	}
}
