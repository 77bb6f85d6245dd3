package signal

import (
	"fmt"
	"net/http"
	"time"
)

// caller is who makes an HTTP request: a server with an API key, a person with a
// token, or, where that is allowed, anybody.
type caller struct {
	grant  *grant
	apiKey int // which one, from 1; 0: none
}

// caller finds out who asks, and takes it from the right budget. The key is what
// a dialect carries in place of an Authorization header; it may be an API
// key only.
func (s *Server) caller(r *http.Request, key string, now time.Time) (caller, *problem) {
	a := s.authority.Load()
	shown := bearer(r)
	if key == "" {
		key = shown
	}
	if n := a.apiKeys.find(key); n > 0 {
		if !s.users.get(fmt.Sprint("key ", n), &s.limits.PerAPIKey, now).askICE(now) {
			return caller{}, &problem{tooManyCode, "too many requests with this API key; slow down"}
		}
		return caller{grant: &anybody, apiKey: n}, nil
	}
	// What follows costs more, and is where guesses end.
	if !s.addresses.get(s.proxies.client(r), now).askICE(now) {
		return caller{}, errTooManyRequests
	}
	switch {
	case key != shown:
		return caller{}, &problem{badToken, "no such API key"}
	case shown == "" && r.Header.Get("Authorization") != "":
		return caller{}, &problem{badToken, "the Authorization header carries neither a token nor an API key"}
	case shown == "" && a.required:
		return caller{}, &problem{unauthorized, "a token or an API key is needed in the Authorization header"}
	case shown == "":
		return caller{grant: &anybody}, nil
	}
	g, p := a.verify(r.Context(), shown, now)
	if p != nil {
		return caller{}, p
	}
	if !s.users.get("sub "+g.subject, &s.limits.PerUser, now).askICE(now) {
		return caller{}, &problem{tooManyCode, "too many requests of this user; slow down"}
	}
	return caller{grant: g}, nil
}

var errTooManyRequests = &problem{tooManyCode, "too many requests from this address; slow down"}
