package report

import "slices"

// A Spread is what several rounds have found of one metric.
type Spread struct {
	Median, Min, Max float64
	N                int
}

// spreadOf is that of values; N is 0 where there are none.
func spreadOf(values []float64) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	values = slices.Sorted(slices.Values(values))
	n := len(values)
	median := values[n/2]
	if n%2 == 0 {
		median = (values[n/2-1] + values[n/2]) / 2
	}
	return Spread{median, values[0], values[n-1], n}
}

// samples are those of a server in a scenario; disturbed ones only where there are no others.
func (r *Report) samples(scenario, server string) []Sample {
	var all, good []Sample
	for _, s := range r.Samples {
		if s.Scenario != scenario || s.Server != server {
			continue
		}
		all = append(all, s)
		if s.Disturbed == "" {
			good = append(good, s)
		}
	}
	if len(good) > 0 {
		return good
	}
	return all
}

// Spread is that of a metric.
func (r *Report) Spread(scenario, server string, m Metric) Spread {
	var values []float64
	for _, s := range r.samples(scenario, server) {
		if v, ok := s.Values[m]; ok {
			values = append(values, v)
		}
	}
	return spreadOf(values)
}

// Ratio is that of a server's values to those of the reference in the same round. It is what may be compared between machines, and between runs.
func (r *Report) Ratio(scenario, server string, m Metric) Spread {
	reference := make(map[int]float64)
	for _, s := range r.samples(scenario, r.Reference) {
		reference[s.Round] = s.Values[m]
	}
	var ratios []float64
	for _, s := range r.samples(scenario, server) {
		v, ok := s.Values[m]
		if of := reference[s.Round]; ok && of > 0 {
			ratios = append(ratios, v/of)
		}
	}
	return spreadOf(ratios)
}

func (r *Report) bound(scenario, server string) bool {
	for _, s := range r.samples(scenario, server) {
		if s.Bound {
			return true
		}
	}
	return false
}
