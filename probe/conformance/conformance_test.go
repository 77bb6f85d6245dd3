package conformance

import (
	"context"
	"slices"
	"testing"
)

func run(t *testing.T, o Options) *Report {
	t.Helper()
	if o.Secret == "" && o.Password == "" {
		o.Secret = secret
	}
	rep, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// conforms fails for each clause that fails, and for each that is known to fail and does not.
func conforms(t *testing.T, rep *Report, known ...string) {
	t.Helper()
	for _, c := range rep.Results {
		t.Run(c.ID, func(t *testing.T) {
			switch c.Outcome {
			case Pass, Lenient:
				if slices.Contains(known, c.ID) {
					t.Error("is said to fail, and does not")
				}
			case Fail:
				if slices.Contains(known, c.ID) {
					return
				}
				t.Errorf("%s §%s, %s: %s: %s", heading(c.RFC), c.Section, c.Level, c.Text, c.Why)
			case NotTried:
				t.Skip(c.Why)
			}
		})
	}
	if rep.Error != "" || rep.Took > Limit {
		t.Errorf("%s, after %v", rep.Error, rep.Took)
	}
	t.Log(rep.Summary())
}

func TestTurnpikeConforms(t *testing.T) {
	at := newTurnpike(t, host(), nil)
	t.Run("udp", func(t *testing.T) { conforms(t, run(t, Options{URL: turnURL(at, "udp")})) })
	t.Run("tcp", func(t *testing.T) {
		conforms(t, run(t, Options{URL: turnURL(at, "tcp")}))
	})
	t.Run("users alone", func(t *testing.T) {
		conforms(t, run(t, Options{URL: turnURL(newTurnpike(t, host(), withUsers), "udp"), Username: "alice", Password: usersPassword}))
	})
	t.Run("two addresses", func(t *testing.T) {
		conforms(t, run(t, Options{URL: turnURL(newTurnpike(t, loopback, withDiscovery), "udp")}))
	})
}
