// Package admin is what the operator sees of a running daemon over HTTP: its
// metrics, and whether it lives and serves.
//
// This host may read everything; from elsewhere it takes a token. Nothing here
// changes anything.
//
// The package starts no goroutine and has no lock: everything is read at the
// moment that it is asked for, from functions that it is given.
package admin

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Config is what is shown, and to whom.
type Config struct {
	// Local returns nil if a request surely comes from this very machine, and
	// otherwise what speaks against it.
	Local func(*http.Request) error

	// Tokens let in who shows one of them, from wherever.
	Tokens []string

	// Figures are those of the moment; Health is how it fares. Both may be called
	// concurrently.
	Figures func() Figures
	Health  func() Health
}

// Health is whether the daemon serves, and what its self-test said. A relay that
// fails its self-test is ready all the same: it may well serve those who come
// another way, and to take every server out of service at once helps nobody.
type Health struct {
	Ready       bool         `json:"ready"`
	SelfTest    SelfTest     `json:"self_test"`
	Certificate *Certificate `json:"certificate,omitempty"`
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

// New returns a handler of /metrics, /healthz and /readyz.
func New(cfg Config) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics(cfg.Figures))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { showHealth(w, cfg.Health()) })
	return guard(cfg, mux)
}

func showHealth(w http.ResponseWriter, h Health) {
	w.Header().Set("Content-Type", "application/json")
	if !h.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	_ = enc.Encode(h) // fails only where nobody listens any more
}
