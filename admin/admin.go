// Package admin is what the operator sees of a running daemon over HTTP, and what he does to it: its metrics, whether
// it lives and serves, who uses the relay now, and the page that shows all this.
//
// This host may read everything; from elsewhere it takes a token. What changes anything takes the admin token
// everywhere. The page itself is for everybody who can reach it: without a token it has nothing to show.
//
// The package starts no goroutine: what it shows is read at the moment that it is asked for, from functions that it is
// given, but for the history, whose Run is for the caller to run. The locks are the history's and the throttle's, each
// taken alone.
package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Config is what is shown, and to whom.
type Config struct {
	// Local returns nil if a request surely comes from this very machine, and
	// otherwise what speaks against it.
	Local func(*http.Request) error

	// Tokens let in who shows one of them, from wherever, to read.
	Tokens []string

	// Token is the admin token, and TokenFile where it can be read. Empty: nothing
	// can be changed.
	Token, TokenFile string

	// Figures are those of the moment; Health is how it fares; Sessions are those of
	// the relay whose user's name contains what is given. They may be called concurrently.
	Figures  func() Figures
	Health   func() Health
	Sessions func(user string, limit int) Sessions

	// History is the last hour; whoever makes it runs it.
	History *History

	// Disconnect ends the sessions of a user, and tells how many there were. Drain
	// begins or ends the draining. They may be called concurrently.
	Disconnect func(user string) (ended int)
	Drain      func(yes bool)

	// Page is the dashboard, with its files.
	Page http.Handler
}

// Health is whether the daemon serves, and what its self-test said. A relay that
// fails its self-test is ready all the same: it may well serve those who come
// another way, and to take every server out of service at once helps nobody.
type Health struct {
	Ready       bool         `json:"ready"`
	Draining    *Draining    `json:"draining,omitempty"`
	SelfTest    SelfTest     `json:"self_test"`
	Certificate *Certificate `json:"certificate,omitempty"`
}

// Draining is how far the daemon is in letting go: it lets nothing new in, and waits for what runs.
type Draining struct {
	Since    time.Time `json:"since"`
	Until    time.Time `json:"until"` // whoever waits gives up then
	Sessions int       `json:"sessions"`
}

// SelfTest is what the last one said; before the end of the first, nothing.
type SelfTest struct {
	At      time.Time        `json:"at,omitzero"` // its end
	Good    bool             `json:"good"`        // all of it; false also before the first
	Error   string           `json:"error,omitempty"`
	Results []SelfTestResult `json:"results"`
}

// SelfTestResult is that of one transport and port.
type SelfTestResult struct {
	URL   string  `json:"url"` // the listener: udp://192.0.2.2:3478
	Good  bool    `json:"good"`
	RTT   float64 `json:"rtt_ms"` // 0 where it is not good
	Error string  `json:"error,omitempty"`
}

// Certificate is the one that is shown to clients.
type Certificate struct {
	NotAfter time.Time `json:"not_after"`
	Days     int       `json:"days"` // that are left, rounded down
}

// NewCertificate counts the days.
func NewCertificate(notAfter, now time.Time) *Certificate {
	days := int(notAfter.Sub(now) / (24 * time.Hour))
	if notAfter.Before(now) {
		days--
	}
	return &Certificate{NotAfter: notAfter, Days: days}
}

// New returns a handler of all that the admin listener serves.
func New(cfg Config) http.Handler {
	g, mux := newGate(cfg), http.NewServeMux()
	read := func(path string, what http.HandlerFunc) { mux.Handle("GET "+path, g.reads(what)) }
	read("/metrics", metrics(cfg.Figures).ServeHTTP)
	read("/healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	read("/readyz", func(w http.ResponseWriter, _ *http.Request) { showHealth(w, cfg.Health()) })
	read("/v1/status", func(w http.ResponseWriter, r *http.Request) {
		status := newStatus(cfg.Figures(), cfg.Health(), time.Now())
		if cfg.Local(r) == nil {
			status.TokenFile = cfg.TokenFile
		}
		show(w, http.StatusOK, status)
	})
	read("/v1/history", func(w http.ResponseWriter, _ *http.Request) { show(w, http.StatusOK, cfg.History.columns(time.Now())) })
	read("/v1/sessions", func(w http.ResponseWriter, r *http.Request) {
		limit := listed
		if text := r.FormValue("limit"); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil || n < 0 || n > mostEver {
				http.Error(w, fmt.Sprintf("limit is a number from 0 to %d", mostEver), http.StatusBadRequest)
				return
			}
			limit = n
		}
		show(w, http.StatusOK, cfg.Sessions(r.FormValue("user"), limit))
	})
	mux.Handle("POST /v1/disconnect", g.changes(disconnect(cfg)))
	drain := func(yes bool) http.Handler {
		return g.changes(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			cfg.Drain(yes)
			show(w, http.StatusOK, cfg.Health())
		}))
	}
	mux.Handle("POST /v1/drain", drain(true))
	mux.Handle("DELETE /v1/drain", drain(false))
	if cfg.Page != nil {
		mux.Handle("GET /", cfg.Page)
	}
	return http.NewCrossOriginProtection().Handler(mux)
}

// maxBody is more than the longest name takes.
const maxBody = 16 << 10

func disconnect(cfg Config) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var ask struct {
			User *string `json:"user"`
		}
		in := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
		in.DisallowUnknownFields()
		if err := in.Decode(&ask); err != nil || ask.User == nil {
			http.Error(w, `want {"user": "…"}`, http.StatusBadRequest)
			return
		}
		show(w, http.StatusOK, struct {
			User  string `json:"user"`
			Ended int    `json:"ended"`
		}{*ask.User, cfg.Disconnect(*ask.User)})
	}
}

func showHealth(w http.ResponseWriter, h Health) {
	status := http.StatusOK
	if !h.Ready {
		status = http.StatusServiceUnavailable
	}
	show(w, status, h)
}

func show(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	_ = enc.Encode(v) // fails only where nobody listens any more
}
