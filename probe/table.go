package probe

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Mark is a word that says at a glance how something is.
type Mark string

const (
	MarkGood Mark = "good"
	MarkCare Mark = "care"
	MarkBad  Mark = "bad"
)

func (v Verdict) mark() Mark {
	switch {
	case v.Cause == Good:
		return MarkGood
	case v.Cause.works(), v.Cause == NoCommonFamily:
		return MarkCare
	}
	return MarkBad
}

// WriteTable writes the verdict, a line for each server, and what else was found. Nothing of it is as a server sent it. paint colours a word.
func (r *Report) WriteTable(w io.Writer, paint func(Mark, string) string) error {
	var b strings.Builder
	fmt.Fprintln(&b, paint(r.Verdict.mark(), r.Verdict.Sentence))
	if r.Verdict.Do != "" {
		fmt.Fprintln(&b, r.Verdict.Do)
	}
	r.writeServers(&b, paint)
	r.writeDetails(&b)
	r.writeNAT(&b)
	r.writeSecurity(&b, paint)
	fmt.Fprintf(&b, "\n%d of %d servers good; %.1f s\n", len(r.Servers)-r.failing(), len(r.Servers), r.Took.Seconds())
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) writeServers(b *strings.Builder, paint func(Mark, string) string) {
	if len(r.Servers) == 0 {
		return
	}
	rows := [][]string{{"", "server", "address", "answers", "relay p50/p95", "jitter", "loss", "Mbit/s"}}
	for _, s := range r.Servers {
		row := []string{string(s.Verdict.mark()), s.URL, "–", "–", "–", "–", "–", "–"}
		if s.Address.IsValid() {
			row[2] = s.Address.String()
		}
		if s.facts.Binding == OK {
			row[3] = ms(millis(s.facts.BindingRTT)) + " ms"
		}
		if t := s.Traffic; t != nil {
			row[6] = percent(t.Loss) + " %"
			if t.Received > 0 {
				row[4] = fmt.Sprintf("%s/%s ms", ms(t.RTT.P50), ms(t.RTT.P95))
				row[5] = ms(t.Jitter) + " ms"
			}
			if t.Throughput > 0 {
				row[7] = fmt.Sprintf("%.1f", t.Throughput/1e6)
			}
		}
		rows = append(rows, row)
	}
	wide := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			wide[i] = max(wide[i], utf8.RuneCountInString(cell))
		}
	}
	fmt.Fprintln(b)
	for n, row := range rows {
		line := ""
		for i, cell := range row {
			cell += strings.Repeat(" ", wide[i]-utf8.RuneCountInString(cell))
			if i == 0 && n > 0 {
				cell = paint(Mark(row[0]), cell)
			}
			line += cell + "  "
		}
		fmt.Fprintln(b, strings.TrimRight(line, " "))
		if n > 0 && r.Servers[n-1].Verdict.Cause != Good && r.Servers[n-1].Verdict.Sentence != r.Verdict.Sentence {
			fmt.Fprintf(b, "%*s  %s\n", wide[0], "", r.Servers[n-1].Verdict.Sentence)
		}
	}
}

// writeDetails says what each server is and gave.
func (r *Report) writeDetails(b *strings.Builder) {
	for _, s := range r.Servers {
		var lines [][2]string
		add := func(name, text string) { lines = append(lines, [2]string{name, text}) }
		if s.Mapped.IsValid() {
			add("seen as", s.Mapped.String())
		}
		if s.Relayed.IsValid() {
			add("relayed at", fmt.Sprintf("%s, %s, for %d s", s.Relayed, family(s.Relayed.Addr().Is4()), s.Lifetime))
		}
		if s.Realm != "" {
			add("realm", s.Realm)
		}
		if s.Software != "" {
			add("software", s.Software)
		}
		if c := s.Certificate; c != nil {
			add("certificate", fmt.Sprintf("%s; issued by %s; %s left; chain of %d; %s", strings.Join(c.Names, ", "), c.Issuer, span(time.Until(c.Expires)), c.Chain, c.Version))
		}
		if s.RelaySaw != "" {
			add("the relay saw", s.RelaySaw)
		}
		for _, step := range s.Steps {
			if step.Result != OK {
				add(step.Name, fmt.Sprintf("%s (%.0f ms)", step.Text, step.MS))
			}
		}
		if s.Traffic != nil && s.Traffic.Loss > 0 {
			var sizes []string
			for _, size := range s.Traffic.Sizes {
				sizes = append(sizes, fmt.Sprintf("%d of %d with %d bytes", size.Received, size.Sent, size.Bytes))
			}
			add("arrived", strings.Join(sizes, ", "))
		}
		if len(lines) > 0 {
			fmt.Fprintf(b, "\n%s\n", s.URL)
		}
		for _, l := range lines {
			fmt.Fprintf(b, "  %-18s %s\n", l[0], l[1])
		}
	}
	for _, step := range r.Steps {
		if step.Result != OK {
			fmt.Fprintf(b, "\n%s: %s\n", step.Name, step.Text)
		}
	}
}

func family(four bool) string {
	if four {
		return "IPv4"
	}
	return "IPv6"
}

func (r *Report) writeNAT(b *strings.Builder) {
	n := r.NAT
	if n == nil {
		return
	}
	fmt.Fprintf(b, "\nNAT\n  %-18s %s\n  %-18s %s\n  %-18s %s\n", "mapping", n.Mapping, "filtering", n.Filtering, "hairpin", n.Hairpin)
	for _, s := range n.Seen {
		fmt.Fprintf(b, "  %-18s %s\n", "seen as", fmt.Sprintf("%s by %s", s.Mapped, s.Server))
	}
	for _, note := range n.Notes {
		fmt.Fprintf(b, "  %s\n", note)
	}
}

func (r *Report) writeSecurity(b *strings.Builder, paint func(Mark, string) string) {
	marks := map[Safety]Mark{Safe: MarkGood, Danger: MarkBad, NotKnown: MarkCare}
	for _, s := range r.Servers {
		if len(s.Security) == 0 {
			continue
		}
		fmt.Fprintf(b, "\nSecurity of %s\n", s.facts.Host)
		for _, f := range s.Security {
			line := fmt.Sprintf("  %s  %s", paint(marks[f.Safe], fmt.Sprintf("%-9s", f.Safe)), f.Text)
			if len(f.Detail) > 0 {
				line += ": " + strings.Join(slices.Clone(f.Detail), ", ")
			}
			fmt.Fprintln(b, line)
		}
	}
}
