package signal

import (
	"errors"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Loopback returns nil if a request surely comes from this very machine, and
// otherwise what speaks against it. All of these must hold:
//
//   - the listener and the peer are loopback;
//   - Host is localhost, 127.0.0.1 or [::1], with any port: a foreign name that
//     resolves to loopback (DNS rebinding) is a foreign page;
//   - no Forwarded, X-Forwarded-*, X-Real-IP or Via header: a proxy on this
//     machine would publish us;
//   - Origin is absent or the same: any page in a browser here can reach loopback.
func Loopback(r *http.Request) error {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok || !loopback(local.String()) {
		return errors.New("the listener is not on loopback")
	}
	if !loopback(r.RemoteAddr) {
		return errors.New("the request comes from another machine")
	}
	if !localHost(r.Host) {
		return errors.New("the Host header is not localhost, 127.0.0.1 or [::1]")
	}
	for name := range r.Header {
		if proxied(name) {
			return errors.New("the request came through a proxy (" + name + ")")
		}
	}
	for _, origin := range r.Header.Values("Origin") {
		if !sameHost(origin, r.Host) {
			return errors.New("the request comes from a page of another origin")
		}
	}
	return nil
}

func loopback(hostport string) bool {
	ap, err := netip.ParseAddrPort(hostport)
	return err == nil && ap.Addr().Unmap().IsLoopback()
}

func localHost(host string) bool {
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
		if strings.HasPrefix(host, "[") {
			name = "[" + h + "]"
		}
	}
	return strings.EqualFold(name, "localhost") || name == "127.0.0.1" || name == "[::1]"
}

// proxied takes the canonical form of a header's name.
func proxied(header string) bool {
	switch header {
	case "Forwarded", "Via", "X-Real-Ip":
		return true
	}
	return strings.HasPrefix(header, "X-Forwarded-")
}
