package admin

import (
	"cmp"
	"slices"
	"time"
)

// Status is how the daemon is at this moment, as /v1/status shows it. Times are Unix milliseconds.
type Status struct {
	Now       int64  `json:"now"`
	Version   string `json:"version"`
	Revision  string `json:"revision,omitempty"`
	StartedAt int64  `json:"started_at"`
	Health

	Allocations Count        `json:"allocations"`
	Traffic     BothWays     `json:"traffic"`
	Sessions    Connections  `json:"sessions"`
	Calls       CallOutcomes `json:"calls"`
	Refusals    []Refused    `json:"refusals"` // the most frequent first
	Listeners   []string     `json:"listeners"`
	Relays      []string     `json:"relays"`
	DataPath    DataPath     `json:"data_path"`

	TokenFile string `json:"token_file,omitempty"` // where the admin token is; for this host alone
}

// Count is how many allocations there are, by transport of the client and by family of the relay.
type Count struct {
	Total      int            `json:"total"`
	Transports map[string]int `json:"transports"`
	Families   map[string]int `json:"families"`
}

// BothWays is what was relayed since the start: sent to peers, received from them.
type BothWays struct {
	Sent     Traffic `json:"sent"`
	Received Traffic `json:"received"`
}

// Connections are those of signaling.
type Connections struct {
	Open     int `json:"open"`
	Away     int `json:"away"`
	Dialects int `json:"dialects"` // PeerJS and y-webrtc
}

// CallOutcomes are how calls went since the start.
type CallOutcomes struct {
	Direct  uint64            `json:"direct"`
	Relayed map[string]uint64 `json:"relayed"`
	Failed  map[string]uint64 `json:"failed"`
}

// Refused is how many requests were refused for one reason since the start.
type Refused struct {
	Code   int    `json:"code,omitempty"`
	Reason string `json:"reason"`
	Count  uint64 `json:"count"`
}

func newStatus(f Figures, h Health, now time.Time) Status {
	s := Status{
		Now: now.UnixMilli(), Version: f.Version, Revision: f.Revision, StartedAt: f.Started.UnixMilli(), Health: h,
		Allocations: Count{f.allocations(), f.Allocations, f.Relays},
		Traffic:     BothWays{f.Sent, f.Received},
		Sessions:    Connections{f.Open, f.Away, f.Lines},
		Calls:       CallOutcomes(f.Calls),
		Refusals:    []Refused{},
		Listeners:   f.Listeners,
		Relays:      f.RelayAddresses,
		DataPath:    f.DataPath,
	}
	for r, n := range f.Refusals {
		s.Refusals = append(s.Refusals, Refused{r.Code, r.Reason, n})
	}
	slices.SortFunc(s.Refusals, func(a, b Refused) int {
		return cmp.Or(-cmp.Compare(a.Count, b.Count), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Reason, b.Reason))
	})
	return s
}
