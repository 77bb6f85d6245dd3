package signal

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"time"
)

// ICEServer is an RTCIceServer.
type ICEServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

// ICE is what a client is told about ICE servers. It marshals to an argument
// of RTCPeerConnection; browsers ignore the two further members.
type ICE struct {
	ICEServers []ICEServer `json:"iceServers"`
	TTL        int64       `json:"ttl"`        // seconds
	ExpiresAt  int64       `json:"expires_at"` // Unix time in seconds
}

// renewal is when to send new credentials: after five to six eighths of their
// life, so that who restarts ICE always holds some that last, and not all
// sessions of a busy minute at once.
func (i ICE) renewal() (time.Duration, bool) {
	life := time.Duration(i.TTL) * time.Second
	if life <= 0 {
		return 0, false
	}
	return life*5/8 + rand.N(life/8), true
}

// guest is a user name for the relay, of our choice: what a guest calls itself
// must not become an accounting key.
func guest() string { return "guest-" + randomText(12) }

// serveICE answers GET and POST of /v1/ice.
func (s *Server) serveICE(w http.ResponseWriter, r *http.Request) {
	if !s.admit(w, r) {
		return
	}
	if !allowMethods(w, r, http.MethodGet, http.MethodPost) {
		return
	}

	now := time.Now()
	if !s.addresses.get(s.proxies.client(r), now).askICE(now) {
		tooMany(w)
		return
	}
	body, err := json.Marshal(s.ice(guest(), now))
	if err != nil {
		s.log.Error("cannot encode ice servers", "err", err)
		http.Error(w, "cannot encode the ICE servers", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Write(append(body, '\n'))
}

// allowMethods answers everything but HEAD and the given methods, and lets the
// pages of an admitted origin read what it is told.
func allowMethods(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	w.Header().Add("Vary", "Origin")
	if origin := r.Header.Get("Origin"); origin != "" {
		w.Header().Set("Access-Control-Allow-Origin", origin)
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.Method == http.MethodHead || slices.Contains(methods, r.Method) {
		return true
	}
	if r.Method == http.MethodOptions {
		w.Header().Set("Access-Control-Allow-Methods", strings.Join(methods, ", "))
		w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
		w.Header().Set("Access-Control-Max-Age", "600")
		w.WriteHeader(http.StatusNoContent)
		return false
	}
	w.Header().Set("Allow", strings.Join(methods, ", ")+", OPTIONS")
	http.Error(w, strings.Join(methods, " or "), http.StatusMethodNotAllowed)
	return false
}

// admit answers requests of those who may not connect, and says so.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) bool {
	if !s.open {
		if err := Loopback(r); err != nil {
			http.Error(w, "only this machine itself may connect, and "+err.Error()+
				".\nTo let others in, set http.auth.mode in the configuration (open: everybody).", http.StatusForbidden)
			return false
		}
	}
	if err := s.origins.check(r, s.proxies.host(r)); err != nil {
		http.Error(w, err.Error(), http.StatusForbidden)
		return false
	}
	return true
}

func tooMany(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "5")
	http.Error(w, "too many requests from this address; slow down", http.StatusTooManyRequests)
}
