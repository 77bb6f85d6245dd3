package main

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// age is a time in its largest unit that says enough: 42s, 12m, 3h, 5d.
func age(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}

// size is a number of bytes: 512 B, 1.4 kB, 2.0 MB.
func size(n uint64) string {
	if n < 1000 {
		return fmt.Sprintf("%d B", n)
	}
	value, unit := float64(n), 0
	for value >= 999.95 && unit < 5 {
		value, unit = value/1000, unit+1
	}
	return fmt.Sprintf("%.1f %cB", value, " kMGTP"[unit])
}

// printable is a name that a client has chosen, without what controls a terminal.
func printable(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '�'
	}, name)
}
