package main

import (
	"fmt"
	"strings"
)

// severity is how a finding is to be taken.
type severity string

const (
	sound   severity = "good"
	doubt   severity = "care"     // it works, or may work, but look at it
	broken  severity = "bad"      // calls fail by it
	unknown severity = "not seen" // it could not be looked at from here
)

// A finding is one thing that doctor has to say.
type finding struct {
	Group    string   `json:"group"`
	Check    string   `json:"check"`
	Severity severity `json:"severity"`
	Text     string   `json:"text"`
	Mend     string   `json:"mend,omitempty"` // a command, or lines of the configuration
}

// notes are what one check finds.
type notes []finding

func (n *notes) add(s severity, mend, format string, args ...any) {
	*n = append(*n, finding{Severity: s, Text: fmt.Sprintf(format, args...), Mend: mend})
}

func (n *notes) good(format string, args ...any)       { n.add(sound, "", format, args...) }
func (n *notes) care(mend, format string, args ...any) { n.add(doubt, mend, format, args...) }
func (n *notes) bad(mend, format string, args ...any)  { n.add(broken, mend, format, args...) }

// unseen takes what would let it be seen.
func (n *notes) unseen(mend, format string, args ...any) { n.add(unknown, mend, format, args...) }

// diagnosis is everything that was found so far.
type diagnosis struct {
	Version  string    `json:"version"`
	Config   string    `json:"config,omitempty"`
	Findings []finding `json:"findings"`
	Cut      string    `json:"cut,omitempty"` // why there is no more: interrupted, or out of time
	Good     int       `json:"good"`
	Care     int       `json:"care"`
	Bad      int       `json:"bad"`
	NotSeen  int       `json:"not_seen"`
}

func (d *diagnosis) count() {
	n := map[severity]int{}
	for _, f := range d.Findings {
		n[f.Severity]++
	}
	d.Good, d.Care, d.Bad, d.NotSeen = n[sound], n[doubt], n[broken], n[unknown]
}

// writeText groups the findings as they come.
func (d *diagnosis) writeText(out *styled) {
	group := ""
	for _, f := range d.Findings {
		if f.Group != group {
			if group != "" {
				fmt.Fprintln(out)
			}
			group = f.Group
			fmt.Fprintln(out, out.bold(group))
		}
		fmt.Fprintf(out, "  %s  %s\n", paintSeverity(out, f.Severity), f.Text)
		for line := range strings.Lines(f.Mend) {
			fmt.Fprintf(out, "            %s\n", strings.TrimRight(line, "\n"))
		}
	}
	fmt.Fprintf(out, "\n%d good, %d care, %d bad, %d not seen", d.Good, d.Care, d.Bad, d.NotSeen)
	if d.Cut != "" {
		fmt.Fprintf(out, "; %s", d.Cut)
	}
	fmt.Fprintln(out)
}

func paintSeverity(out *styled, s severity) string {
	word := fmt.Sprintf("%-8s", s)
	switch s {
	case sound:
		return out.green(word)
	case doubt:
		return out.yellow(word)
	case broken:
		return out.paint("31", word)
	}
	return out.dim(word)
}
