package conformance

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// A Report is what a run found.
type Report struct {
	URL     string        `json:"url"`
	Began   time.Time     `json:"began"`
	Took    time.Duration `json:"-"`
	Counts  Counts        `json:"counts"`
	Error   string        `json:"error,omitempty"` // why the run ended before its time
	Results []Result      `json:"clauses"`
}

// Counts are how many clauses had which outcome.
type Counts struct {
	Pass       int `json:"pass"`
	Fail       int `json:"fail"`
	FailedMust int `json:"failed_must"`
	Lenient    int `json:"lenient"`
	NotTried   int `json:"not_tried"`
}

// Good tells whether the server answered to the end, and no MUST failed.
func (r *Report) Good() bool { return r.Error == "" && r.Counts.FailedMust == 0 }

func (r *Report) count() {
	for _, c := range r.Results {
		switch c.Outcome {
		case Pass:
			r.Counts.Pass++
		case Lenient:
			r.Counts.Lenient++
		case NotTried:
			r.Counts.NotTried++
		case Fail:
			r.Counts.Fail++
			if c.Level == Must {
				r.Counts.FailedMust++
			}
		}
	}
}

// MarshalJSON adds how long the run took, in seconds.
func (r *Report) MarshalJSON() ([]byte, error) {
	type plain Report
	return json.Marshal(struct {
		*plain
		Seconds float64 `json:"seconds"`
	}{(*plain)(r), r.Took.Round(time.Millisecond).Seconds()})
}

// Summary is one line.
func (r *Report) Summary() string {
	c := r.Counts
	text := fmt.Sprintf("%d pass, %d fail (%d of them a must), %d lenient, %d not tried; %.1f s",
		c.Pass, c.Fail, c.FailedMust, c.Lenient, c.NotTried, r.Took.Seconds())
	if r.Error != "" {
		text += "\n" + r.Error
	}
	return text
}

// WriteTable writes one line a clause, a paragraph an RFC. What a server sent is in it only as numbers and quoted text. paint colours a word by its outcome.
func (r *Report) WriteTable(w io.Writer, paint func(Outcome, string) string) error {
	var b strings.Builder
	wide := [2]int{}
	for _, c := range r.Results {
		wide[0] = max(wide[0], utf8.RuneCountInString(c.Section))
		wide[1] = max(wide[1], utf8.RuneCountInString(c.Text))
	}
	last := -1
	for _, c := range r.Results {
		if c.RFC != last {
			last = c.RFC
			fmt.Fprintf(&b, "%s\n", heading(c.RFC))
		}
		line := fmt.Sprintf("  %s  %-6s  %s  %s", paint(c.Outcome, fmt.Sprintf("%-9s", c.Outcome)), c.Level, pad(c.Section, wide[0]), pad(c.Text, wide[1]))
		if c.Why != "" {
			line += "  " + c.Why
		}
		fmt.Fprintln(&b, strings.TrimRight(line, " "))
	}
	fmt.Fprintf(&b, "\n%s\n", r.Summary())
	_, err := io.WriteString(w, b.String())
	return err
}

func pad(s string, n int) string { return s + strings.Repeat(" ", n-utf8.RuneCountInString(s)) }

var titles = map[int]string{
	8489: "STUN",
	8656: "TURN",
	6062: "TURN for TCP peers",
	5780: "NAT behaviour discovery",
	8016: "mobility",
}

func heading(rfc int) string {
	if rfc == 0 {
		return "Security, beyond the RFCs"
	}
	return fmt.Sprintf("RFC %d, %s", rfc, titles[rfc])
}
