package config

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// HostPort is another server: an address or a DNS name, and a port (3478 if none
// is given).
type HostPort struct {
	Host string
	Port int
}

// UnmarshalText parses turn.example.org:3478, 203.0.113.8 and [2001:db8::8]:3478.
func (h *HostPort) UnmarshalText(text []byte) error {
	s := string(text)
	const brackets = "an IPv6 address stands in brackets, nothing else does"
	if addr, err := netip.ParseAddr(s); err == nil && addr.Is6() {
		return fmt.Errorf("%q: "+brackets, clip(s))
	}
	host, port := s, defaultPorts["udp"]
	if i := strings.LastIndexByte(s, ':'); i >= 0 && !strings.HasSuffix(s, "]") {
		var err error
		if port, err = parsePort(s[i+1:]); err != nil {
			return fmt.Errorf("%q: %w", clip(s), err)
		}
		host = s[:i]
	}
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		host = host[1 : len(host)-1]
		if addr, err := netip.ParseAddr(host); err != nil || !addr.Is6() {
			return fmt.Errorf("%q: "+brackets, clip(s))
		}
	}
	if err := publicHost(host); err != nil {
		return fmt.Errorf("%q: %w", clip(s), err)
	}
	*h = HostPort{host, port}
	return nil
}

// String is the form that is written in the file.
func (h HostPort) String() string { return net.JoinHostPort(h.Host, strconv.Itoa(h.Port)) }

// MarshalText is String.
func (h HostPort) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// AlternateAddress is a RelayAddress, or none.
type AlternateAddress struct{ RelayAddress }

// UnmarshalText parses what RelayAddress does, and the empty text.
func (a *AlternateAddress) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*a = AlternateAddress{}
		return nil
	}
	return a.RelayAddress.UnmarshalText(text)
}
