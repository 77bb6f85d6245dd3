package config

import (
	"fmt"
	"strings"
	"time"
)

func (d *Drain) validate(r *report) {
	if t := time.Duration(d.Timeout); t < 0 || t > 7*24*time.Hour {
		r.errorf("drain.timeout", "%s is out of range, want 0s to 7d", t)
	} else if s := time.Duration(d.Spread); s < 0 || s > t {
		r.errorf("drain.spread", "%s is out of range, want 0s to drain.timeout", s)
	}
}

// Server is the origin of another server of ours (https://turn2.example.org), or
// none.
type Server string

// UnmarshalText checks the form and lowers its case.
func (s *Server) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*s = ""
		return nil
	}
	var o Origin
	if err := o.UnmarshalText(text); err != nil {
		return err
	}
	if !strings.HasPrefix(string(o), "https://") {
		return fmt.Errorf("%q is not https://, and a browser there gets no camera", clip(string(o)))
	}
	*s = Server(o)
	return nil
}
