package admin

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

const (
	adminToken = "ADMINTOKENADMINTOKENADMINT"
	readToken  = "k9Zq2xW7vB4nM1sT"
	here       = "127.0.0.1:1"
	there      = "203.0.113.9:1"
)

// desk is a handler, and what was done over it.
type desk struct {
	http.Handler
	ended    []string
	draining bool
}

func newDesk() *desk {
	d := new(desk)
	d.Handler = New(Config{
		Local: func(r *http.Request) error {
			if r.RemoteAddr == here {
				return nil
			}
			return errors.New("the request comes from another machine")
		},
		Tokens: []string{readToken}, Token: adminToken, TokenFile: "/run/turnpike/token",
		Figures: full,
		Health:  func() Health { return Health{Ready: !d.draining} },
		Sessions: func(user string, limit int) Sessions {
			return Sessions{Total: limit, Sessions: []Session{{User: user}}}
		},
		History:    new(History),
		Disconnect: func(user string) int { d.ended = append(d.ended, user); return 2 },
		Drain:      func(yes bool) { d.draining = yes },
	})
	return d
}

func (d *desk) send(method, path, from, token, body string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.RemoteAddr = from
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

func TestWhatChangesAnythingTakesTheAdminTokenEvenOnThisHost(t *testing.T) {
	for _, c := range []struct {
		from, token string
		want        int
	}{
		{here, "", 401}, {there, "", 401},
		{here, readToken, 403}, {there, readToken, 403},
		{here, "wrong", 401}, {here, adminToken[1:], 401},
		{here, adminToken, 200}, {there, adminToken, 200},
	} {
		d := newDesk()
		for _, ask := range [][3]string{{"POST", "/v1/disconnect", `{"user": "ada"}`}, {"POST", "/v1/drain", ""}, {"DELETE", "/v1/drain", ""}} {
			if w := d.send(ask[0], ask[1], c.from, c.token, ask[2]); w.Code != c.want {
				t.Errorf("%s %s from %s with %q: %d, want %d", ask[0], ask[1], c.from, c.token, w.Code, c.want)
			}
		}
		if done := len(d.ended) == 1; done != (c.want == 200) {
			t.Errorf("from %s with %q: disconnected %v", c.from, c.token, d.ended)
		}
	}
}

func TestADaemonWithoutAdminTokenChangesNothing(t *testing.T) {
	h := New(Config{Local: func(*http.Request) error { return nil }, Disconnect: func(string) int { t.Error("disconnected"); return 0 }})
	for _, token := range []string{"", "x"} {
		r := httptest.NewRequest("POST", "/v1/disconnect", strings.NewReader(`{"user": "ada"}`))
		r.Header.Set("Authorization", "Bearer "+token)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 401 {
			t.Errorf("with %q: %d", token, w.Code)
		}
	}
}

func TestAPageOfAnotherOriginChangesNothingWhateverItShows(t *testing.T) {
	for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}} {
		d := newDesk()
		if w := d.send("POST", "/v1/disconnect", here, adminToken, `{"user": "ada"}`, header...); w.Code != 403 || d.ended != nil {
			t.Errorf("%v: %d", header, w.Code)
		}
	}
	if w := newDesk().send("POST", "/v1/disconnect", here, adminToken, `{"user": "ada"}`, "Sec-Fetch-Site", "same-origin"); w.Code != 200 {
		t.Errorf("our own page: %d", w.Code)
	}
}

func TestDisconnectTakesOneNameAndNothingElse(t *testing.T) {
	for body, want := range map[string]int{
		`{"user": "ada"}`: 200, `{"user": ""}`: 200, `{}`: 400, ``: 400, `[]`: 400, `{"user": 1}`: 400, `{"user": "a", "x": 1}`: 400,
		`{"user": "` + strings.Repeat("a", maxBody) + `"}`: 400,
	} {
		d := newDesk()
		if w := d.send("POST", "/v1/disconnect", here, adminToken, body); w.Code != want {
			t.Errorf("%.40s: %d, want %d", body, w.Code, want)
		}
	}
	if text := newDesk().send("POST", "/v1/disconnect", here, adminToken, `{"user": "a\u0000<b>"}`).Body.String(); !strings.Contains(text, `"ended": 2`) {
		t.Error(text)
	}
}

func TestWhoGuessesTokensIsNotListenedToForAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		for i := range wrongTokens {
			if w := d.send("GET", "/v1/status", there, fmt.Sprintf("guess %d", i), ""); w.Code != 401 {
				t.Errorf("guess %d: %d", i, w.Code)
			}
		}
		if w := d.send("GET", "/v1/status", there, adminToken, ""); w.Code != 429 || w.Header().Get("Retry-After") == "" {
			t.Errorf("the right one after too many wrong ones: %d", w.Code)
		}
		if w := d.send("GET", "/v1/status", "203.0.113.10:1", adminToken, ""); w.Code != 200 {
			t.Errorf("from another address: %d", w.Code)
		}
		time.Sleep(wrongTime)
		if w := d.send("GET", "/v1/status", there, adminToken, ""); w.Code != 200 {
			t.Errorf("a minute later: %d", w.Code)
		}
	})
}

func TestGuessersFromEverywhereAreBounded(t *testing.T) {
	d := newDesk()
	for i := range 3 * wrongAddresses {
		d.send("GET", "/v1/status", fmt.Sprintf("[2001:db8:%x:%x::1]:1", i>>8, i&255), "guess", "")
	}
	if w := d.send("GET", "/v1/status", "198.51.100.1:1", adminToken, ""); w.Code != 429 {
		t.Errorf("one more: %d", w.Code)
	}
	if w := d.send("GET", "/v1/status", here, "", ""); w.Code != 200 {
		t.Errorf("this host, which shows nothing: %d", w.Code)
	}
}

func TestOnlyThisHostIsToldWhereTheTokenIs(t *testing.T) {
	d := newDesk()
	if text := d.send("GET", "/v1/status", here, "", "").Body.String(); !strings.Contains(text, `"/run/turnpike/token"`) {
		t.Error(text)
	}
	if text := d.send("GET", "/v1/status", there, readToken, "").Body.String(); strings.Contains(text, "/run/turnpike") {
		t.Error(text)
	}
}

func TestTheLimitOfSessionsIsANumberThatIsNotTooLarge(t *testing.T) {
	d := newDesk()
	for query, want := range map[string]int{"": 200, "?limit=0": 200, "?limit=10000": 200, "?limit=10001": 400, "?limit=-1": 400, "?limit=x": 400, "?user=a%20b": 200} {
		if w := d.send("GET", "/v1/sessions"+query, here, "", ""); w.Code != want {
			t.Errorf("%s: %d, want %d", query, w.Code, want)
		}
	}
}

func TestTheHistoryIsAnHourAndItsOldestGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := new(History)
		if c := h.columns(time.Now()); len(c.At) != 0 || c.At == nil {
			t.Errorf("at first: %+v", c)
		}
		n, bytes := 0, uint64(0)
		figures := func() Figures {
			n, bytes = n+1, bytes+10_000
			return Figures{Allocations: map[string]int{"udp": n}, Sent: Traffic{Bytes: bytes}, Refusals: map[Refusal]uint64{{401, "expired"}: uint64(n)}}
		}
		go h.Run(t.Context(), figures)
		time.Sleep(2*time.Hour + time.Second)
		c := h.columns(time.Now())
		last := len(c.At) - 1
		if len(c.At) != samples || c.Allocations[last] != 721 || c.Allocations[0] != 721-samples+1 {
			t.Errorf("%d samples, from %d to %d", len(c.At), c.Allocations[0], c.Allocations[last])
		}
		if c.Sent[last] != 1000 || c.Refused[last] != 1 {
			t.Errorf("%d B/s, %d refused", c.Sent[last], c.Refused[last])
		}
	})
}
