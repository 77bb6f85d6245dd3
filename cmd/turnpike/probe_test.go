package main

import "testing"

func TestARateIsInBitsPerSecond(t *testing.T) {
	for text, want := range map[string]float64{"500k": 5e5, "5M": 5e6, "64000": 64000, "0": -1} {
		if got, err := parseRate(text); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "M", "-1", "1G", "101M", "1e6", "99999999999"} {
		if got, err := parseRate(text); err == nil {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
}
