package signal

import (
	"net/http"
	"time"
)

// proveLine asks the clients of a dialect for a token where everybody is asked
// for one, and otherwise answers why not. The dialects know no place for it but
// the URL (token=), beside an Authorization header.
func (s *Server) proveLine(w http.ResponseWriter, r *http.Request) (*grant, bool) {
	a := s.authority.Load()
	if !a.required {
		return &anybody, true
	}
	now := time.Now()
	if !s.addresses.get(s.proxies.client(r), now).askICE(now) {
		tooMany(w)
		return nil, false
	}
	text := bearer(r)
	if text == "" {
		text = r.URL.Query().Get("token")
	}
	g, p := a.admit(r.Context(), text, "", now)
	if p == nil && g.rooms != nil {
		p = &problem{forbidden, "the token is for rooms, which this dialect does not have"}
	}
	if p != nil {
		refuse(w, statusOf(p), p)
		return nil, false
	}
	return g, true
}

func (l *Line) expire() { l.End(closeProof, "the token has expired") }
