package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
)

// TurnURL is a URL of RFC 7065 that clients are told: turn:host:port?transport=udp.
type TurnURL string

// UnmarshalText checks the form. A loopback host is refused: Firefox does not
// talk to one, and no other host can.
func (u *TurnURL) UnmarshalText(text []byte) error {
	s := string(text)
	scheme, rest, _ := strings.Cut(s, ":")
	if scheme != "turn" && scheme != "turns" || strings.HasPrefix(rest, "//") {
		return fmt.Errorf("%q is not a TURN URL; write it like turn:turn.example.org:3478?transport=udp", clip(s))
	}
	host, query, asked := strings.Cut(rest, "?")
	if asked && query != "transport=udp" && query != "transport=tcp" {
		return fmt.Errorf("%q: what follows ? is transport=udp or transport=tcp", clip(s))
	}
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		if _, err := parsePort(host[i+1:]); err != nil {
			return fmt.Errorf("%q: %w", clip(s), err)
		}
		host = host[:i]
	}
	if bracketed := strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]"); bracketed {
		if addr, err := netip.ParseAddr(host[1 : len(host)-1]); err != nil || !addr.Is6() {
			return fmt.Errorf("%q: %s is not an IPv6 address", clip(s), clip(host))
		}
	}
	if err := publicHost(strings.Trim(host, "[]")); err != nil {
		return fmt.Errorf("%q: %w", clip(s), err)
	}
	*u = TurnURL(s)
	return nil
}

var hostName = regexp.MustCompile(`^([a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?\.)*[a-zA-Z]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?\.?$`)

// publicHost accepts an address or name that other hosts may be told.
func publicHost(host string) error {
	addr, err := netip.ParseAddr(host)
	switch {
	case host == "localhost" || err == nil && addr.Unmap().IsLoopback():
		return errors.New("other hosts cannot reach " + host)
	case err == nil && addr.IsUnspecified():
		return errors.New(host + " is no address that can be reached")
	case err == nil && addr.Zone() != "":
		return errors.New("an address with a zone means nothing to other hosts")
	case err != nil && (len(host) > 253 || !hostName.MatchString(host)):
		return fmt.Errorf("%q is neither an IP address nor a host name", clip(host))
	}
	return nil
}

// RelayAddress is the public address of the relay, and where it differs the
// local one: 203.0.113.7=10.0.0.5.
type RelayAddress struct {
	Public string // an address or a DNS name
	Local  string // an address of this host; empty: the public one
}

// UnmarshalText parses PUBLIC or PUBLIC=LOCAL. A loopback address is accepted,
// for a relay that only this host is to use.
func (r *RelayAddress) UnmarshalText(text []byte) error {
	public, local, mapped := strings.Cut(string(text), "=")
	addr, err := netip.ParseAddr(public)
	if err != nil || !addr.IsLoopback() {
		if err := publicHost(public); err != nil {
			return err
		}
	}
	if mapped {
		own, localErr := netip.ParseAddr(local)
		if localErr != nil || own.IsUnspecified() || own.Zone() != "" {
			return fmt.Errorf("%q: what follows = is an IP address of this host", clip(string(text)))
		}
		if err == nil && addr.Unmap().Is4() != own.Unmap().Is4() {
			return fmt.Errorf("%q: both addresses are IPv4, or both are IPv6", clip(string(text)))
		}
	}
	*r = RelayAddress{public, local}
	return nil
}

// String is the form that is written in the file.
func (r RelayAddress) String() string {
	if r.Local == "" {
		return r.Public
	}
	return r.Public + "=" + r.Local
}

// MarshalText is String.
func (r RelayAddress) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// Origin is a web origin as browsers send it: https://example.org, with a port
// where it is not the usual one.
type Origin string

// UnmarshalText checks the form and lowers its case.
func (o *Origin) UnmarshalText(text []byte) error {
	s := strings.ToLower(string(text))
	if s == "*" { // HTTP.validate looks at the mode
		*o = "*"
		return nil
	}
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("%q is not an origin; write it like https://example.org", clip(s))
	}
	if s != u.Scheme+"://"+u.Host {
		return fmt.Errorf("%q has more than an origin; did you mean %s://%s?", clip(s), u.Scheme, clip(u.Host))
	}
	*o = Origin(s)
	return nil
}
