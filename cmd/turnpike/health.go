package main

import (
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"turnpike/admin"
)

// health is what both kinds of /readyz tell.
type health struct {
	ready       atomic.Bool
	tester      *selfTester
	certificate *certificate // nil without one
	drain       *drainer
}

func (h *health) now() admin.Health {
	health := admin.Health{Ready: h.ready.Load() && !h.drain.on(), Draining: h.drain.state(), SelfTest: h.tester.last()}
	if end := h.certificate.notAfter(); !end.IsZero() {
		health.Certificate = admin.NewCertificate(end, time.Now())
	}
	return health
}

// show answers strangers, and so without addresses of this host.
func (h *health) show(w http.ResponseWriter, _ *http.Request) {
	if !h.ready.Load() {
		say(w, http.StatusServiceUnavailable, "starting or shutting down")
		return
	}
	if h.drain.on() {
		say(w, http.StatusServiceUnavailable, "draining")
		return
	}
	say(w, http.StatusOK, "ready\nself-test: "+summary(h.tester.last()))
}

// summary is running, good, or what failed: "failed: tls 5349".
func summary(test admin.SelfTest) string {
	switch {
	case test.At.IsZero():
		return "running"
	case test.Good:
		return "good"
	}
	var failed []string
	for _, r := range test.Results {
		transport, at, _ := strings.Cut(r.URL, "://")
		if port, err := netip.ParseAddrPort(at); !r.Good && err == nil {
			failed = append(failed, transport+" "+strconv.Itoa(int(port.Port())))
		}
	}
	return strings.TrimSuffix("failed: "+strings.Join(failed, ", "), ": ")
}
