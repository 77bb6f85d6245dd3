package config

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Duration is a time.Duration written as 90s, 12h, 1h30m, or 7d.
type Duration time.Duration

// UnmarshalText parses what time.ParseDuration does, and whole days.
func (d *Duration) UnmarshalText(text []byte) error {
	s := string(text)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.ParseUint(days, 10, 16); err == nil {
			*d = Duration(time.Duration(n) * 24 * time.Hour)
			return nil
		}
	}
	v, err := time.ParseDuration(s)
	if err != nil {
		return fmt.Errorf("%q is not a duration; write it like 90s, 12h or 7d", clip(s))
	}
	*d = Duration(v)
	return nil
}

// String leaves out the zeros of time.Duration: 12h, not 12h0m0s.
func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalText is String.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// PortRange is a range of ports, both ends included: 49152-65535.
type PortRange struct{ Min, Max int }

// UnmarshalText parses MIN-MAX.
func (r *PortRange) UnmarshalText(text []byte) error {
	s := string(text)
	low, high, ok := strings.Cut(s, "-")
	if !ok {
		return fmt.Errorf("%q is not a range of ports; write it like 49152-65535", clip(s))
	}
	lo, err := parsePort(strings.TrimSpace(low))
	if err != nil {
		return fmt.Errorf("%q: %w", clip(s), err)
	}
	hi, err := parsePort(strings.TrimSpace(high))
	if err != nil {
		return fmt.Errorf("%q: %w", clip(s), err)
	}
	if lo > hi {
		return fmt.Errorf("%q ends before it begins", clip(s))
	}
	*r = PortRange{lo, hi}
	return nil
}

func (r PortRange) String() string               { return fmt.Sprintf("%d-%d", r.Min, r.Max) }
func (r PortRange) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Prefix is a network, 10.0.0.0/8, or a single address.
type Prefix struct{ netip.Prefix }

// UnmarshalText parses a prefix without host bits, or an address.
func (p *Prefix) UnmarshalText(text []byte) error {
	s := string(text)
	if addr, err := netip.ParseAddr(s); err == nil && addr.Zone() == "" {
		addr = addr.Unmap()
		p.Prefix = netip.PrefixFrom(addr, addr.BitLen())
		return nil
	}
	prefix, err := netip.ParsePrefix(s)
	if err != nil {
		return fmt.Errorf("%q is not a network; write it like 10.0.0.0/8 or 192.0.2.1", clip(s))
	}
	if prefix.Addr().Is4In6() {
		return fmt.Errorf("%q is an IPv4 network in IPv6 clothes; write it as IPv4", clip(s))
	}
	if m := prefix.Masked(); m != prefix {
		return fmt.Errorf("%q has bits set beyond its length; did you mean %s?", clip(s), m)
	}
	p.Prefix = prefix
	return nil
}

// String writes a single address without its length.
func (p Prefix) String() string {
	if p.IsValid() && p.IsSingleIP() {
		return p.Addr().String()
	}
	return p.Prefix.String()
}

// MarshalText is String.
func (p Prefix) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// PeerRule is a network, or the word recommended.
type PeerRule struct {
	Recommended bool
	Prefix      Prefix // where Recommended is false
}

// UnmarshalText parses a rule.
func (r *PeerRule) UnmarshalText(text []byte) error {
	if string(text) == "recommended" {
		*r = PeerRule{Recommended: true}
		return nil
	}
	r.Recommended = false
	if !strings.ContainsAny(string(text), "0123456789:") {
		return fmt.Errorf("%q is neither a network nor the word recommended", clip(string(text)))
	}
	return r.Prefix.UnmarshalText(text)
}

// String is the form that is written in the file.
func (r PeerRule) String() string {
	if r.Recommended {
		return "recommended"
	}
	return r.Prefix.String()
}

// MarshalText is String.
func (r PeerRule) MarshalText() ([]byte, error) { return []byte(r.String()), nil }
