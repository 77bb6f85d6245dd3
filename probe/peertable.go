package probe

import (
	"fmt"
	"io"
	"strings"
)

// conclude says how a call would go.
func (p *pairing) conclude(list []Way, otherMapping string) Verdict {
	all := list[len(list)-1].Here
	symmetric := p.mapping == addressAnd && otherMapping == addressAnd
	switch {
	case !all.Connected:
		v := Say(RelaySilent, Figures{})
		v.Cause, v.Sentence, v.Do = noWay(list)
		return v
	case all.Loss >= lossLimit:
		return Say(Loss, Figures{Percent: all.Loss})
	case !strings.HasPrefix(all.Local, "relay") && !strings.HasPrefix(all.Remote, "relay"):
		v := Say(Good, Figures{RTT: all.RTT.P50})
		v.Sentence = fmt.Sprintf("The two devices reach each other directly, %s ms there and back.", ms(all.RTT.P50))
		return v
	}
	v := Say(Good, Figures{RTT: all.RTT.P50})
	if symmetric {
		v = Say(Symmetric, Figures{RTT: all.RTT.P50})
	}
	v.Sentence = fmt.Sprintf("The two devices reach each other through the relay, %s ms there and back.", ms(all.RTT.P50))
	if symmetric {
		v.Sentence += " Both NATs have another port for each destination (symmetric): only the relay helps."
	}
	return v
}

// noWay tells which side has no relay, where that is why.
func noWay(list []Way) (c Cause, sentence, do string) {
	here, there := 0, 0
	for _, w := range list {
		if strings.HasPrefix(w.Name, "relay") {
			here += w.Here.Offered
			there += w.There.Offered
		}
	}
	switch {
	case here == 0:
		return ServerDown, "The two devices do not reach each other: from this side no relay can be had.", "Run turnpike probe on this side with -ice alone, and see why."
	case there == 0:
		return OtherSide, "The two devices do not reach each other: from the other side no relay can be had.", "Run turnpike probe on the other side with -ice alone, and see why."
	}
	return RelaySilent, "The two devices do not reach each other, though both have a relay.", "Run turnpike probe on both sides with -ice alone, and see why."
}

// WriteTable writes the verdict, and a line for each way.
func (r *PeerReport) WriteTable(w io.Writer, paint func(Mark, string) string) error {
	mark := r.Verdict.mark()
	if !r.Good() {
		mark = MarkBad
	}
	fmt.Fprintln(w, paint(mark, r.Verdict.Sentence))
	if r.Verdict.Do != "" {
		fmt.Fprintln(w, r.Verdict.Do)
	}
	if len(r.Ways) > 0 {
		fmt.Fprintf(w, "\n%-26s %-17s %-14s %-12s %-13s %s\n", "way", "", "delay p50/p95", "loss in/out", "Mbit/s in/out", "pair, here – there")
	}
	for i, way := range r.Ways {
		state, delay, loss, rate, pair := "does not connect", "–", "–", "–", ""
		switch {
		case way.Here.Connected:
			state = "connects"
			delay = fmt.Sprintf("%s/%s ms", ms(way.Here.RTT.P50), ms(way.Here.RTT.P95))
			loss = fmt.Sprintf("%s/%s %%", percent(way.Here.Loss), percent(way.There.Loss))
			pair = printable(way.Here.Local) + " – " + printable(way.Here.Remote)
			if way.Here.Throughput > 0 || way.There.Throughput > 0 {
				rate = fmt.Sprintf("%.1f/%.1f", way.Here.Throughput/1e6, way.There.Throughput/1e6)
			}
		case way.Here.Offered == 0:
			state = "nothing here"
		case way.There.Offered == 0:
			state = "nothing there"
		}
		line := fmt.Sprintf("%-26s %-17s %-14s %-12s %-13s %s", ways[i].text, state, delay, loss, rate, pair)
		fmt.Fprintln(w, strings.TrimRight(line, " "))
	}
	if r.NAT != nil {
		fmt.Fprintf(w, "\nNAT here: mapping %s, filtering %s\n", r.NAT.Mapping, r.NAT.Filtering)
	}
	_, err := fmt.Fprintf(w, "%.1f s\n", r.Took.Seconds())
	return err
}
