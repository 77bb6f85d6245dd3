package admin

// Sessions are those of the relay that live, as /v1/sessions shows them: the oldest first, at most as many as asked for.
type Sessions struct {
	Now      int64     `json:"now"`   // Unix milliseconds
	Total    int       `json:"total"` // also of those that are not listed
	Sessions []Session `json:"sessions"`
}

// A Session is an allocation.
type Session struct {
	User      string  `json:"user"`
	Client    string  `json:"client"`
	Transport string  `json:"transport"` // of the client: udp, tcp, tls, dtls
	Relay     string  `json:"relay"`
	Began     int64   `json:"began"` // Unix milliseconds
	Peers     int     `json:"peers"` // that it may send to
	Sent      Traffic `json:"sent"`
	Received  Traffic `json:"received"`
}

const (
	listed   = 1000   // where nobody says how many
	mostEver = 10_000 // that are listed at once
)
