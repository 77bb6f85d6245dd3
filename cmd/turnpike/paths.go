package main

import (
	"fmt"
	"net/http"
)

// paths is who serves what.
type paths struct{ rooms, peers, topics, pages http.Handler }

// newMux hangs everything at its path.
func newMux(p paths, health *health) *http.ServeMux {
	mux := http.NewServeMux()
	for _, path := range []string{"/v1/signal", "/v1/send", "/v1/events", "/v1/ice", "/v1/invite"} {
		mux.Handle(path, p.rooms)
	}
	mux.Handle("/peerjs", p.peers)
	mux.Handle("/peerjs/", p.peers)
	mux.Handle("/y-webrtc", p.topics)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { say(w, http.StatusOK, "ok") })
	mux.HandleFunc("GET /readyz", health.show)
	mux.Handle("/", p.pages)
	return mux
}

func say(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	fmt.Fprintln(w, text)
}
