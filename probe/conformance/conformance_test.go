package conformance

import (
	"context"
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

// conforms fails for each clause that fails.
func conforms(t *testing.T, rep *Report) {
	t.Helper()
	for _, c := range rep.Results {
		t.Run(c.ID, func(t *testing.T) {
			switch c.Outcome {
			case Fail:
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

func TestTurnpikeConformsOverUDP(t *testing.T) {
	conforms(t, run(t, Options{URL: turnURL(newTurnpike(t, host(), nil), "udp")}))
}
