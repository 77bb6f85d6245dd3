package probe

import (
	"encoding/json"
	"time"
)

// A Report is what a run found.
type Report struct {
	Verdict     Verdict       `json:"verdict"`
	Began       time.Time     `json:"began"`
	Took        time.Duration `json:"-"`
	Interrupted bool          `json:"interrupted,omitempty"`
	Steps       []Step        `json:"steps,omitempty"` // before any server was spoken to
	Servers     []*Server     `json:"servers"`
	NAT         *NAT          `json:"nat,omitempty"`
	Saw         []Sighting    `json:"relay_saw,omitempty"`

	web bool // something was had over the web
}

// Good tells whether calls get through, and nothing unsafe was found.
func (r *Report) Good() bool { return r.Verdict.Cause.works() && !r.Interrupted && r.failing() == 0 }

func (r *Report) failing() (n int) {
	for _, s := range r.Servers {
		if c := s.Verdict.Cause; !c.works() && (c != NoCommonFamily || r.Verdict.Cause == NoCommonFamily) {
			n++
		}
	}
	return n
}

// MarshalJSON adds how long the run took, in seconds.
func (r *Report) MarshalJSON() ([]byte, error) {
	type plain Report
	servers := r.Servers
	if servers == nil {
		servers = []*Server{}
	}
	return json.Marshal(struct {
		*plain
		Good    bool      `json:"good"`
		Seconds float64   `json:"seconds"`
		Servers []*Server `json:"servers"`
	}{(*plain)(r), r.Good(), r.Took.Round(time.Millisecond).Seconds(), servers})
}

// conclude makes the verdicts.
func (r *Report) conclude(interrupted bool) {
	r.Interrupted = interrupted
	var all []Facts
	for _, s := range r.Servers {
		all = append(all, s.facts)
	}
	each, whole := conclude(all, r.web)
	for i, s := range r.Servers {
		s.Verdict = each[i]
	}
	r.Verdict = whole
	for _, s := range r.Servers {
		if danger := s.dangers(); len(danger) > 0 && s.Verdict.Cause.works() {
			s.Verdict = Say(Unsafe, Figures{Other: enumerate(danger)})
			if whole.Cause.works() {
				r.Verdict = s.Verdict
			}
		}
	}
	if interrupted {
		r.Verdict = Say(Interrupted, Figures{})
	}
}

// inWords are the dangers by the finding's id, in the words of a sentence.
var inWords = map[string]string{
	"loopback": "to its own loopback", "metadata": "to the cloud's metadata service", "private": "to private networks", "link-local": "to link-local addresses",
	"multicast": "to multicast", "mapped": "to such addresses written as IPv4-mapped IPv6", "ipv6": "to local IPv6 addresses", "embedded": "to IPv4 addresses inside IPv6 ones",
	"own-port": "to its own port", "anonymous": "for everybody, without credentials", "amplification": "to strangers more than three times what they sent",
	"expired": "for users whose credentials have expired",
}

// dangers are what was found unsafe of a server.
func (s *Server) dangers() (list []string) {
	for _, f := range s.Security {
		if f.Safe == Danger {
			list = append(list, inWords[f.ID])
		}
	}
	return list
}

func enumerate(list []string) string {
	text := ""
	for i, s := range list {
		switch {
		case i == 0:
		case i == len(list)-1:
			text += " and "
		default:
			text += ", "
		}
		text += s
	}
	return text
}
