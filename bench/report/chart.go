package report

import (
	"fmt"
	"html"
	"io"
	"math"
	"strings"
)

// The measures of the chart, in pixels.
const (
	chartWidth  = 760
	labelWidth  = 150
	valueWidth  = 130
	barHeight   = 14
	barStep     = 20
	groupMargin = 34
	chartTop    = 76
)

const chartStyle = `text{font:13px system-ui,sans-serif;fill:#1a1d21}.small{font-size:12px;fill:#565d68}.title{font-size:16px;font-weight:600}
.group{font-weight:600}.bar{fill:#a2a9b4}.ours{fill:#1f5fbf}.spread{stroke:#1a1d21;stroke-width:1.5}
@media (prefers-color-scheme:dark){text{fill:#eceef1}.small{fill:#a2a9b4}.bar{fill:#565d68}.ours{fill:#86b3f5}.spread{stroke:#eceef1}}`

// WriteChart writes an SVG: for each scenario a bar for each server, as long as the CPU that it adds to a packet.
func (r *Report) WriteChart(w io.Writer) error {
	var body strings.Builder
	y := chartTop
	longest := r.longestBar()
	for _, s := range r.Scenarios {
		bars := r.bars(s)
		if len(bars) == 0 {
			continue
		}
		fmt.Fprintf(&body, `<text class="group" x="0" y="%d">%s</text>`+"\n", y, html.EscapeString(s.Title))
		y += 10
		for _, b := range bars {
			b.write(&body, y, float64(chartWidth-labelWidth-valueWidth)/longest)
			y += barStep
		}
		y += groupMargin
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-16 0 %d %d" width="%d" role="img" aria-labelledby="title">`+"\n",
		chartWidth+32, y, chartWidth+32)
	fmt.Fprintf(&b, "<title id=\"title\">CPU that a relay adds to a packet</title>\n<style>%s</style>\n", chartStyle)
	b.WriteString(`<text class="title" x="0" y="24">CPU that a relay adds to a packet, µs</text>` + "\n")
	fmt.Fprintf(&b, `<text class="small" x="0" y="42">shorter is better; median of %s, with smallest and largest; × is to %s in the same round</text>`+"\n",
		strings.ToLower(rounds(r.Rounds)), html.EscapeString(r.Reference))
	b.WriteString(body.String())
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// A bar is one server in one scenario.
type bar struct {
	name  string
	added Spread
	ratio Spread
	ours  bool
}

func (r *Report) bars(s Scenario) (bars []bar) {
	if !s.Chart {
		return nil
	}
	for _, server := range r.Servers {
		added := r.Spread(s.Name, server.Name, AddedCPU)
		if added.N > 0 {
			ours := strings.HasPrefix(server.Name, "turnpike")
			bars = append(bars, bar{server.Name, added, r.Ratio(s.Name, server.Name, AddedCPU), ours})
		}
	}
	return bars
}

func (r *Report) longestBar() float64 {
	longest := 0.01
	for _, s := range r.Scenarios {
		for _, b := range r.bars(s) {
			longest = max(longest, b.added.Max)
		}
	}
	return longest
}

func (b bar) write(w *strings.Builder, y int, scale float64) {
	px := func(v float64) float64 { return labelWidth + math.Max(v, 0)*scale }
	class := "bar"
	if b.ours {
		class += " ours"
	}
	middle := y + barHeight/2
	fmt.Fprintf(w, `<text class="small" x="%d" y="%d" text-anchor="end">%s</text>`, labelWidth-8, middle+4, html.EscapeString(b.name))
	fmt.Fprintf(w, `<rect class="%s" x="%d" y="%d" width="%.1f" height="%d"/>`, class, labelWidth, y, math.Max(px(b.added.Median)-labelWidth, 1), barHeight)
	if b.added.N > 1 {
		fmt.Fprintf(w, `<path class="spread" d="M%.1f %dH%.1f"/>`, px(b.added.Min), middle, px(b.added.Max))
	}
	label := fmt.Sprintf("%.2f", b.added.Median)
	if b.ratio.N > 0 {
		label += fmt.Sprintf("   %.2f×", b.ratio.Median)
	}
	fmt.Fprintf(w, `<text class="small" x="%.1f" y="%d" xml:space="preserve">%s</text>`+"\n", px(math.Max(b.added.Max, b.added.Median))+8, middle+4, label)
}
