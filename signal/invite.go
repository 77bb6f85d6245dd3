package signal

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// serveInvite makes invitations: POST /v1/invite {room, ttl, name}.
func (s *Server) serveInvite(w http.ResponseWriter, r *http.Request) {
	if !s.admit(w, r) || !allowMethods(w, r, http.MethodPost) {
		return
	}
	now := time.Now()
	invited, p := s.invite(w, r, now)
	if p != nil {
		refuse(w, statusOf(p), p)
		return
	}
	answer(w, http.StatusCreated, invited)
}

// invited is what the one who invites is told. The invitation stands behind
// #invite= in a link, where no server sees it.
type invited struct {
	Invite    string `json:"invite"`
	Room      string `json:"room"`
	Name      string `json:"name,omitempty"`
	ExpiresAt int64  `json:"expires_at"` // Unix time in seconds
}

func (s *Server) invite(w http.ResponseWriter, r *http.Request, now time.Time) (invited, *problem) {
	who, p := s.caller(r, "", now)
	if p != nil {
		return invited{}, p
	}
	fields, p := body(w, r)
	if p != nil {
		return invited{}, p
	}
	answer := invited{Room: fields.Get("room"), Name: strings.TrimSpace(fields.Get("name"))}
	if !printable(answer.Room, roomNameLimit) {
		return invited{}, &problem{badRequest, "a room name has 1 to 128 characters, none of them control characters"}
	}
	if answer.Name != "" && !printable(answer.Name+guestSuffix, nameLimit) {
		return invited{}, &problem{badRequest, "a guest's name has 1 to 56 characters, none of them control characters"}
	}
	ttl := invitationTTL
	if text := fields.Get("ttl"); text != "" {
		seconds, err := strconv.Atoi(text)
		if err != nil || seconds < 1 || seconds > int(maxInvitationTTL/time.Second) {
			return invited{}, &problem{badRequest, "the ttl is a number of seconds, at most 2592000 (30 days)"}
		}
		ttl = time.Duration(seconds) * time.Second
	}
	// In open mode whoever may connect may also ask others in.
	if who.apiKey == 0 && who.grant.subject != "" {
		if p := who.grant.mayInvite(answer.Room); p != nil {
			return invited{}, p
		}
	}
	keys := s.authority.Load().invitations
	if len(keys) == 0 {
		return invited{}, &problem{forbidden, "no secret is configured that signs invitations"}
	}
	answer.ExpiresAt = now.Add(ttl).Unix()
	answer.Invite = keys.sign(invitation{answer.Room, answer.ExpiresAt, answer.Name})
	return answer, nil
}
