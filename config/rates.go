package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Rate is a number a second, written 200/s; 0 is no limit.
type Rate int

// maxRate keeps ten times as much within an int of any platform.
const maxRate = 1_000_000

// UnmarshalText parses N/s and 0.
func (r *Rate) UnmarshalText(text []byte) error {
	s := string(text)
	number, perSecond := strings.CutSuffix(s, "/s")
	n, err := strconv.ParseUint(number, 10, 32)
	if err != nil || !perSecond && n != 0 {
		return fmt.Errorf("%q is not a rate; write it like 200/s, or 0 for no limit", clip(s))
	}
	if n > maxRate {
		return fmt.Errorf("%q is out of range, want at most %d/s; 0 means no limit", clip(s), maxRate)
	}
	*r = Rate(n)
	return nil
}

// String is the form that is written in the file.
func (r Rate) String() string {
	if r == 0 {
		return "0"
	}
	return strconv.Itoa(int(r)) + "/s"
}

// MarshalYAML is String, without quotes about the 0.
func (r Rate) MarshalYAML() (any, error) {
	if r == 0 {
		return 0, nil
	}
	return r.String(), nil
}

// Bandwidth is a number of bytes a second; 0 is no limit.
type Bandwidth int

var multiples = []struct {
	suffix string
	factor uint64
}{{"G", 1e9}, {"M", 1e6}, {"k", 1e3}}

// UnmarshalText parses bytes a second: 250000, or thousands, millions and
// thousand millions of them: 250k, 10M, 1G.
func (b *Bandwidth) UnmarshalText(text []byte) error {
	number, factor := string(text), uint64(1)
	for _, m := range multiples {
		if short, ok := strings.CutSuffix(number, m.suffix); ok {
			number, factor = short, m.factor
			break
		}
	}
	n, err := strconv.ParseUint(number, 10, 32)
	if err != nil {
		return fmt.Errorf("%q is not a number of bytes a second; write it like 250000, 250k, 10M or 1G", clip(string(text)))
	}
	if n *= factor; n > maxBandwidth {
		return fmt.Errorf("%q is out of range, want at most %s; 0 means no limit", clip(string(text)), Bandwidth(maxBandwidth))
	}
	*b = Bandwidth(n)
	return nil
}

// maxBandwidth is more than a network card has.
const maxBandwidth = min(100_000_000_000, math.MaxInt)

// String is the shortest form that is written in the file.
func (b Bandwidth) String() string {
	for _, m := range multiples {
		if n := uint64(b); n > 0 && n%m.factor == 0 {
			return strconv.FormatUint(n/m.factor, 10) + m.suffix
		}
	}
	return strconv.Itoa(int(b))
}

// MarshalYAML is String, without quotes about a number.
func (b Bandwidth) MarshalYAML() (any, error) {
	if b%1000 != 0 || b == 0 {
		return int(b), nil
	}
	return b.String(), nil
}
