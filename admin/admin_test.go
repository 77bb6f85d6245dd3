package admin

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

var testedAt = time.Date(2026, 11, 20, 12, 0, 0, 5e8, time.UTC)

func full() Figures {
	return Figures{
		Version: "v1.2.3", Revision: "0123456789ab",
		Allocations: map[string]int{"udp": 3, "tls": 0}, Relays: map[string]int{"ipv6": 2},
		Sent: Traffic{Packets: 10, Bytes: 1000}, Received: Traffic{Packets: 20, Bytes: 2000},
		Errors: map[int]uint64{401: 7, 486: 1},
		Drops:  map[string]uint64{"no permission": 4},

		Refusals: map[Refusal]uint64{{401, "expired"}: 3},
		DataPath: DataPath{Name: "portable"},
		Open:     3, Away: 2, Lines: 1,
		Calls:      Calls{Direct: 8, Relayed: map[string]uint64{"tls": 2}, Failed: map[string]uint64{"no-relay": 1}},
		RoundTrips: RoundTrips{Bounds: []time.Duration{10 * time.Millisecond, time.Second}, Counts: []uint64{4, 2, 1}, Sum: 3 * time.Second},

		HTTPConnections: 6, HTTPRefused: 9,
		SelfTest: SelfTest{At: testedAt, Results: []SelfTestResult{
			{URL: "udp://192.0.2.2:3478", Good: true, RTT: 0.5},
			{URL: "tcp://[2001:db8::2]:3478", Error: "nothing came back through the relay"},
		}},
		Certificate: testedAt,
	}
}

func handler(tokens ...string) http.Handler {
	return New(Config{
		Local: func(r *http.Request) error {
			if r.RemoteAddr == "127.0.0.1:1" {
				return nil
			}
			return errors.New("the request comes from another machine")
		},
		Tokens:  tokens,
		Figures: full,
		Health: func() Health {
			return Health{Ready: true, SelfTest: full().SelfTest, Certificate: NewCertificate(testedAt.Add(49*time.Hour), testedAt)}
		},
	})
}

func ask(t *testing.T, h http.Handler, path, from, authorization string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest("GET", path, nil)
	r.RemoteAddr = from
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestMetricsAreNamedAsPrometheusWantsThem(t *testing.T) {
	text := ask(t, handler(), "/metrics", "127.0.0.1:1", "").Body.String()
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
	for _, line := range []string{
		`turnpike_build_info{goversion="go1.`,
		`turnpike_allocations{transport="udp"} 3`,
		`turnpike_allocations{transport="tls"} 0`,
		`turnpike_relayed_addresses{family="ipv6"} 2`,
		`turnpike_relayed_packets_total{direction="received"} 20`,
		`turnpike_relayed_bytes_total{direction="sent"} 1000`,
		`turnpike_errors_total{code="401"} 7`,
		`turnpike_refusals_total{code="401",reason="expired"} 3`,
		`turnpike_data_path{name="portable"} 1`,
		`turnpike_drops_total{cause="no permission"} 4`,
		`turnpike_sessions{state="open"} 3`,
		`turnpike_sessions{state="away"} 2`,
		`turnpike_call_outcomes_total{outcome="direct",reason="",transport=""} 8`,
		`turnpike_call_outcomes_total{outcome="relayed",reason="",transport="tls"} 2`,
		`turnpike_call_outcomes_total{outcome="failed",reason="no-relay",transport=""} 1`,
		`turnpike_signal_round_trip_seconds_bucket{le="0.01"} 4`,
		`turnpike_signal_round_trip_seconds_bucket{le="1"} 6`,
		`turnpike_signal_round_trip_seconds_bucket{le="+Inf"} 7`,
		"turnpike_signal_round_trip_seconds_sum 3\n",
		"turnpike_http_connections 6\n",
		"turnpike_http_connections_refused_total 9\n",
		`turnpike_self_test_success{port="3478",transport="udp"} 1`,
		`turnpike_self_test_success{port="3478",transport="tcp"} 0`,
		`turnpike_self_test_round_trip_seconds{port="3478",transport="udp"} 0.0005`,
		"turnpike_self_test_timestamp_seconds 1.7951760005e+09\n",
		"turnpike_certificate_not_after_timestamp_seconds 1.795176e+09\n",
		"go_goroutines ",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("no %s", line)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

func TestThisHostMayReadAndOthersNeedAToken(t *testing.T) {
	const token = readToken
	for _, c := range []struct {
		tokens              []string
		from, authorization string
		want                int
	}{
		{nil, here, "", 200},
		{nil, there, "", 403},
		{nil, there, "Bearer ", 403},
		{nil, there, "Bearer " + token, 403},
		{[]string{token}, here, "", 200},
		{[]string{token}, there, "", 401},
		{[]string{token}, there, "Bearer " + token[1:], 401},
		{[]string{token}, there, token, 401},
		{[]string{token}, there, "Bearer " + token, 200},
		{[]string{"another token of some length", token}, there, "Bearer " + token, 200},
		{[]string{token}, here, "Bearer wrong", 401},
	} {
		for _, path := range []string{"/metrics", "/healthz", "/readyz"} {
			w := ask(t, handler(c.tokens...), path, c.from, c.authorization)
			if w.Code != c.want {
				t.Errorf("%s from %s with %q and %d tokens: %d, want %d", path, c.from, c.authorization, len(c.tokens), w.Code, c.want)
			}
			if c.want == 403 && !strings.Contains(w.Body.String(), "admin.tokens") {
				t.Errorf("%s says nothing of the key: %s", path, w.Body)
			}
			if challenge := w.Header().Get("WWW-Authenticate"); (c.want == 401) != (challenge != "") {
				t.Errorf("%d with WWW-Authenticate: %q", c.want, challenge)
			}
		}
	}
}

func TestWhatIsReadCannotBeWritten(t *testing.T) {
	for _, path := range []string{"/metrics", "/healthz", "/readyz"} {
		r := httptest.NewRequest("POST", path, nil)
		r.RemoteAddr = "127.0.0.1:1"
		w := httptest.NewRecorder()
		handler().ServeHTTP(w, r)
		if w.Code != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: %d", path, w.Code)
		}
	}
}

func TestHealthTellsOfTheSelfTestAndTheCertificate(t *testing.T) {
	w := ask(t, handler(), "/readyz", "127.0.0.1:1", "")
	var h Health
	if err := json.Unmarshal(w.Body.Bytes(), &h); err != nil {
		t.Fatal(err)
	}
	if !h.Ready || len(h.SelfTest.Results) != 2 || !h.SelfTest.Results[0].Good || h.SelfTest.Results[1].Error == "" || h.Certificate.Days != 2 {
		t.Errorf("%s", w.Body)
	}
	w = httptest.NewRecorder()
	showHealth(w, Health{})
	if w.Code != http.StatusServiceUnavailable || strings.Contains(w.Body.String(), `"at"`) {
		t.Errorf("before the start: %d %s", w.Code, w.Body)
	}
}

func TestDaysThatAreLeftAreRoundedDown(t *testing.T) {
	for left, want := range map[time.Duration]int{time.Hour: 0, 25 * time.Hour: 1, -time.Hour: -1, -25 * time.Hour: -2} {
		if got := NewCertificate(testedAt.Add(left), testedAt).Days; got != want {
			t.Errorf("%s: %d days, want %d", left, got, want)
		}
	}
}
