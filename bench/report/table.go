package report

import (
	"fmt"
	"io"
	"math"
	"strings"
	"unicode/utf8"
)

// A column of the table.
type column struct {
	title  string
	metric Metric
	format func(float64) string
	spread bool // also smallest and largest
	ratio  bool // also to the reference
}

var columns = map[Kind][]column{
	Traffic: {
		{"server CPU, µs", ServerCPU, decimals(2), true, true},
		{"added CPU, µs", AddedCPU, decimals(2), true, true},
		{"packets/s", Rate, thousands, false, false},
		{"per core", PerCore, thousands, false, false},
		{"lost", Lost, percent, false, false},
		{"p50, µs", P50, decimals(0), false, false},
		{"p99, µs", P99, decimals(0), false, false},
	},
	Setup: {
		{"server CPU, µs", SetupCPU, decimals(0), true, true},
		{"set-ups/s", SetupRate, thousands, false, false},
	},
	Idle: {
		{"process, KB at 1k", RSS1k, decimals(1), false, false},
		{"at 10k", RSS10k, decimals(1), true, false},
		{"kernel, KB at 1k", Slab1k, decimals(1), false, false},
		{"at 10k", Slab10k, decimals(1), true, false},
		{"both, at 10k", Memory10k, decimals(1), false, true},
	},
}

func decimals(n int) func(float64) string {
	return func(v float64) string { return fmt.Sprintf("%.*f", n, v) }
}

func percent(v float64) string {
	if v == 0 {
		return "0"
	}
	return fmt.Sprintf("%.2g %%", v*100)
}

// thousands writes 189000 as 189k.
func thousands(v float64) string {
	switch {
	case math.IsInf(v, 0) || math.IsNaN(v):
		return "–"
	case v >= 9_999_500:
		return fmt.Sprintf("%.0fM", v/1e6)
	case v >= 999_500:
		return fmt.Sprintf("%.1fM", v/1e6)
	case v >= 9_995:
		return fmt.Sprintf("%.0fk", v/1e3)
	case v >= 995:
		return fmt.Sprintf("%.1fk", v/1e3)
	}
	return fmt.Sprintf("%.0f", v)
}

// rows are the table of a scenario, the first with the titles.
func (r *Report) rows(s Scenario) [][]string {
	head := []string{"server"}
	for _, c := range columns[s.Kind] {
		head = append(head, c.title)
		if c.ratio {
			head = append(head, "× "+r.Reference)
		}
	}
	rows := [][]string{head}
	for _, server := range r.Servers {
		if len(r.samples(s.Name, server.Name)) == 0 {
			continue
		}
		name := server.Name
		if r.bound(s.Name, server.Name) {
			name += " *"
		}
		row := []string{name}
		for _, c := range columns[s.Kind] {
			row = append(row, r.cell(s, server, c))
			if c.ratio {
				row = append(row, r.ratioCell(s, server, c.metric))
			}
		}
		rows = append(rows, row)
	}
	return rows
}

func (r *Report) cell(s Scenario, server Server, c column) string {
	v := r.Spread(s.Name, server.Name, c.metric)
	switch {
	case v.N == 0:
		return "–"
	case c.spread && v.N > 1:
		return fmt.Sprintf("%s (%s–%s)", c.format(v.Median), c.format(v.Min), c.format(v.Max))
	}
	return c.format(v.Median)
}

func (r *Report) ratioCell(s Scenario, server Server, m Metric) string {
	v := r.Ratio(s.Name, server.Name, m)
	if v.N == 0 || server.Name == Direct {
		return "–"
	}
	return fmt.Sprintf("%.2f", v.Median)
}

// boundNote explains the mark.
const boundNote = "* here the generator was at its limit, not the server"

// WriteTable writes a table for every scenario that has samples.
func (r *Report) WriteTable(w io.Writer) error {
	var b strings.Builder
	marked := false
	for _, s := range r.Scenarios {
		rows := r.rows(s)
		if len(rows) == 1 {
			continue
		}
		fmt.Fprintf(&b, "%s: %s\n", s.Name, s.Title)
		align(&b, rows)
		b.WriteString("\n")
		for _, row := range rows {
			marked = marked || strings.HasSuffix(row[0], "*")
		}
	}
	if marked {
		fmt.Fprintf(&b, "%s\n", boundNote)
	}
	for _, line := range append(r.disturbed(), r.remarks()...) {
		fmt.Fprintf(&b, "%s\n", line)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// remarks are what the figures alone do not tell.
func (r *Report) remarks() (lines []string) {
	for _, s := range r.Samples {
		if n := s.Values[Wrong]; n > 0 {
			lines = append(lines, fmt.Sprintf("%s, round %d: %s: %.0f packets were altered, out of order, or came to the wrong place", s.Scenario, s.Round, s.Server, n))
		}
	}
	lines = append(lines, r.Warnings...)
	for _, f := range r.Failures {
		lines = append(lines, strings.TrimSpace(f.String()))
	}
	return lines
}

// disturbed tells how many samples were not taken at their word.
func (r *Report) disturbed() []string {
	n, why := 0, make(map[string]int)
	for _, s := range r.Samples {
		if s.Disturbed != "" {
			n++
			why[s.Disturbed]++
		}
	}
	if n == 0 {
		return nil
	}
	line := fmt.Sprintf("%d of %d measurements were disturbed, and count only where there are no others:", n, len(r.Samples))
	for _, reason := range []string{DisturbedBySteal, DisturbedByLoss, DisturbedByDelay} {
		if why[reason] > 0 {
			line += fmt.Sprintf(" %d %s;", why[reason], reason)
		}
	}
	return []string{strings.TrimSuffix(line, ";")}
}

// Why a sample is disturbed.
const (
	DisturbedBySteal = "had more than 2 % of the CPU taken by the host"
	DisturbedByLoss  = "lost more than 0.1 %"
	DisturbedByDelay = "sent too late for more than 2 % of the time"
)

// align writes rows in columns, the first to the left, the others to the right.
func align(b *strings.Builder, rows [][]string) {
	wide := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, c := range row {
			wide[i] = max(wide[i], utf8.RuneCountInString(c))
		}
	}
	for _, row := range rows {
		line := "  "
		for i, c := range row {
			space := strings.Repeat(" ", wide[i]-utf8.RuneCountInString(c))
			if i == 0 {
				line += c + space
			} else {
				line += "   " + space + c
			}
		}
		fmt.Fprintln(b, strings.TrimRight(line, " "))
	}
}
