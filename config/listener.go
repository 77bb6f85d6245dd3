package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// Listener is where a service listens: scheme://host:port.
type Listener struct {
	Scheme string // udp, tcp, tls, dtls, http or https
	Host   string // an IP address, localhost, or empty for every address
	Port   int
}

var defaultPorts = map[string]int{"udp": 3478, "tcp": 3478, "tls": 5349, "dtls": 5349, "http": 80, "https": 443}

// UnmarshalText parses udp://:3478, tcp://192.0.2.1:3478, https://[2001:db8::1].
func (l *Listener) UnmarshalText(text []byte) error {
	s := string(text)
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return fmt.Errorf("%q is not a listener; write it like udp://:3478 or https://192.0.2.1:443", clip(s))
	}
	port, known := defaultPorts[scheme]
	if !known {
		return fmt.Errorf("%q begins with an unknown scheme; known are udp, tcp, tls, dtls, http and https", clip(s))
	}
	if strings.ContainsAny(rest, "/?#@") {
		return fmt.Errorf("%q has more than an address and a port", clip(s))
	}
	host, number := rest, ""
	if i := strings.LastIndexByte(rest, ':'); i >= 0 && !strings.HasSuffix(rest, "]") {
		host, number = rest[:i], rest[i+1:]
		var err error
		if port, err = parsePort(number); err != nil {
			return fmt.Errorf("%q: %w", clip(s), err)
		}
	}
	host, err := listenHost(host)
	if err != nil {
		return fmt.Errorf("%q: %w", clip(s), err)
	}
	*l = Listener{scheme, host, port}
	return nil
}

func listenHost(host string) (string, error) {
	if host == "" || host == "localhost" {
		return host, nil
	}
	bracketed := strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]")
	addr, err := netip.ParseAddr(strings.Trim(host, "[]"))
	if err != nil {
		return "", fmt.Errorf("%q is not an IP address of this host; leave it empty for every address", host)
	}
	if addr.IsUnspecified() {
		return "", errors.New("leave the address empty for every address of this host")
	}
	if addr.Is6() != bracketed {
		return "", errors.New("an IPv6 address stands in brackets, an IPv4 address does not")
	}
	return addr.Unmap().String(), nil
}

func parsePort(s string) (int, error) {
	port, err := strconv.ParseUint(s, 10, 16)
	if err != nil || port == 0 {
		return 0, fmt.Errorf("%q is not a port, want 1 to 65535", s)
	}
	return int(port), nil
}

// String is the form that is written in the file.
func (l Listener) String() string {
	return l.Scheme + "://" + l.HostPort()
}

// HostPort is the form that package net takes.
func (l Listener) HostPort() string {
	return net.JoinHostPort(l.Host, strconv.Itoa(l.Port))
}

// MarshalText is String.
func (l Listener) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// AdminListener is a Listener, or none.
type AdminListener struct{ Listener }

// UnmarshalText parses what Listener does, and the empty text.
func (a *AdminListener) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*a = AdminListener{}
		return nil
	}
	return a.Listener.UnmarshalText(text)
}

// String is the form that is written in the file.
func (a AdminListener) String() string {
	if a.None() {
		return ""
	}
	return a.Listener.String()
}

// MarshalText is String.
func (a AdminListener) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// None reports whether there is no listener.
func (a AdminListener) None() bool { return a.Scheme == "" }

// IsLoopback reports whether only this host can reach the listener.
func (l Listener) IsLoopback() bool {
	addr, err := netip.ParseAddr(l.Host)
	return l.Host == "localhost" || err == nil && addr.IsLoopback()
}

func (l Listener) datagrams() bool { return l.Scheme == "udp" || l.Scheme == "dtls" }

func (l Listener) secure() bool {
	return l.Scheme == "tls" || l.Scheme == "dtls" || l.Scheme == "https"
}

// overlaps reports whether two listeners cannot both be had.
func (l Listener) overlaps(m Listener) bool {
	if l.Port != m.Port || l.datagrams() != m.datagrams() {
		return false
	}
	return l.Host == m.Host || l.Host == "" || m.Host == "" || l.isLocalhost(m) || m.isLocalhost(l)
}

// isLocalhost reports whether the listener is localhost, and the other one of
// the two addresses that it stands for.
func (l Listener) isLocalhost(other Listener) bool {
	return l.Host == "localhost" && (other.Host == "127.0.0.1" || other.Host == "::1")
}
