package probe

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Transport is how a client reaches a server.
type Transport string

// The transports of RFC 7064 and RFC 7065.
const (
	UDP  Transport = "UDP"
	TCP  Transport = "TCP"
	TLS  Transport = "TLS"
	DTLS Transport = "DTLS"
)

func (t Transport) stream() bool { return t == TCP || t == TLS }

func (t Transport) secure() bool { return t == TLS || t == DTLS }

// target is what a URL names.
type target struct {
	url   string
	host  string
	port  uint16
	via   Transport
	relay bool // turn: and turns:
	user  credentials
	clock time.Duration // how far the clock of whoever made the credentials is behind ours, where that is known
}

var schemes = map[string]struct{ secure, relay bool }{
	"stun": {}, "stuns": {secure: true}, "turn": {relay: true}, "turns": {secure: true, relay: true},
}

// parseURL reads a URL of RFC 7064 or RFC 7065. A host alone, or host:port, stands for turn: over UDP and TCP; on a port of TLS, for turns:.
func parseURL(text string) ([]target, error) {
	scheme, rest, found := strings.Cut(text, ":")
	kind, known := schemes[strings.ToLower(scheme)]
	if !found || !known {
		return parseBare(text)
	}
	rest, query, asked := strings.Cut(rest, "?")
	t := target{url: text, relay: kind.relay, via: UDP}
	if kind.secure {
		t.via = TLS
	}
	if asked {
		var err error
		if t.via, err = parseTransport(query, kind.secure, kind.relay); err != nil {
			return nil, fmt.Errorf("%q: %w", text, err)
		}
	}
	var err error
	if t.host, t.port, err = parseHost(rest, kind.secure); err != nil {
		return nil, fmt.Errorf("%q: %w", text, err)
	}
	return []target{t}, nil
}

func parseTransport(query string, secure, relay bool) (Transport, error) {
	name, value, _ := strings.Cut(query, "=")
	if name != "transport" || !relay {
		return "", errors.New("after the ? of a turn: or turns: URL stands transport=udp or transport=tcp, and nothing after others")
	}
	switch strings.ToLower(value) {
	case "udp":
		if secure {
			return DTLS, nil
		}
		return UDP, nil
	case "tcp":
		if secure {
			return TLS, nil
		}
		return TCP, nil
	}
	return "", fmt.Errorf("transport %q is neither udp nor tcp", value)
}

func parseBare(text string) ([]target, error) {
	host, port, err := parseHost(text, false)
	if err != nil || strings.Contains(text, "/") {
		return nil, fmt.Errorf("%q is not a URL of a STUN or TURN server: stun:HOST[:PORT], turn:HOST[:PORT][?transport=tcp], turns:HOST[:PORT]", text)
	}
	at := hostPort(host, port)
	if port == 443 || port == 5349 {
		return []target{{url: "turns:" + at, host: host, port: port, via: TLS, relay: true}}, nil
	}
	return []target{
		{url: "turn:" + at + "?transport=udp", host: host, port: port, via: UDP, relay: true},
		{url: "turn:" + at + "?transport=tcp", host: host, port: port, via: TCP, relay: true},
	}, nil
}

func parseHost(text string, secure bool) (host string, port uint16, err error) {
	port = 3478
	if secure {
		port = 5349
	}
	host = text
	if i := strings.LastIndexByte(text, ':'); i >= 0 && (text[0] == '[') == strings.HasSuffix(text[:i], "]") {
		if strings.Count(text, ":") > 1 && text[0] != '[' {
			return "", 0, errors.New("an IPv6 address stands in brackets: [2001:db8::1]:3478")
		}
		n, err := strconv.ParseUint(text[i+1:], 10, 16)
		if err != nil || n == 0 {
			return "", 0, fmt.Errorf("port %q is not a number from 1 to 65535", text[i+1:])
		}
		host, port = text[:i], uint16(n)
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, closed := strings.CutSuffix(inner, "]")
		if a, err := netip.ParseAddr(inner); !closed || err != nil || !a.Is6() || a.Zone() != "" {
			return "", 0, errors.New("what stands in brackets is no IPv6 address")
		}
		return inner, port, nil
	}
	if host == "" {
		return "", 0, errors.New("the host is missing")
	}
	if len(host) > 253 || strings.ContainsFunc(host, notInName) {
		return "", 0, errors.New("this is no host name")
	}
	return host, port, nil
}

// notInName keeps out of a name what would be another part of a URL or would move a terminal's cursor.
func notInName(r rune) bool {
	return r <= ' ' || r == 0x7F || r > 0x7F && r < 0xA0 || strings.ContainsRune(`/\?#@:[]%"'<>`, r)
}

func hostPort(host string, port uint16) string {
	return net.JoinHostPort(host, strconv.Itoa(int(port)))
}
