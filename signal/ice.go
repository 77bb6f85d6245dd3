package signal

import (
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
// of RTCPeerConnection; browsers ignore the further members.
type ICE struct {
	ICEServers []ICEServer `json:"iceServers"`
	TTL        int64       `json:"ttl"`        // seconds
	ExpiresAt  int64       `json:"expires_at"` // Unix time in seconds

	// RefreshAfter is when to ask again, in seconds. It is left out where the
	// server sends new ones by itself.
	RefreshAfter int64 `json:"refresh_after,omitempty"`
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
func guest() string { return guestPrefix + randomText(12) }

const guestPrefix = "guest-"

// serveICE answers GET and POST of /v1/ice.
func (s *Server) serveICE(w http.ResponseWriter, r *http.Request) {
	if !s.admit(w, r) || !allowMethods(w, r, http.MethodGet, http.MethodPost) {
		return
	}
	now := time.Now()
	ask, p := parseICE(w, r)
	if p != nil {
		refuse(w, statusOf(p), p)
		return
	}
	who, p := s.caller(r, ask.key, now)
	if p == nil && who.grant.noRelay {
		p = &problem{forbidden, "the token does not allow the relay"}
	}
	if p != nil {
		refuse(w, statusOf(p), p)
		return
	}
	user := who.grant.user
	if who.apiKey > 0 {
		user = ask.user
	}
	if user == "" {
		user = guest()
	}
	s.iceFor(who.grant, user, ask.ttl, now).write(w, ask.format, now)
}

// allowMethods answers everything but HEAD and the given methods, and lets the
// pages of an admitted origin read what it is told.
func allowMethods(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	w.Header().Add("Vary", "Origin")
	if origin := r.Header.Get("Origin"); origin != "" {
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Access-Control-Expose-Headers", "Link, Retry-After")
	}
	guard(w.Header())
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
	refuse(w, http.StatusMethodNotAllowed, &problem{badRequest, "the method is " + strings.Join(methods, " or ")})
	return false
}

// admit answers requests of those who may not connect, and says so. Where a
// token is needed, it is asked for later: here only the origin counts.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) bool {
	if !s.open && !s.authority.Load().required {
		if err := Loopback(r); err != nil {
			refuse(w, http.StatusForbidden, &problem{forbidden, "only this machine itself may connect, and " + err.Error() +
				". To let others in, set http.auth.mode in the configuration (open: everybody; token: who has one)."})
			return false
		}
	}
	if err := s.origins.check(r, s.proxies.host(r)); err != nil {
		refuse(w, http.StatusForbidden, &problem{forbidden, err.Error()})
		return false
	}
	return true
}

func tooMany(w http.ResponseWriter) {
	refuse(w, http.StatusTooManyRequests, errTooManyRequests)
}
