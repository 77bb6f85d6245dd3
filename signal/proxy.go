package signal

import (
	"net/http"
	"net/netip"
	"strings"
)

// proxies are those whose word about the client is taken.
type proxies []netip.Prefix

func (p proxies) contains(addr netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// client returns the address of who asks: the peer, or behind trusted proxies
// the right-most address that is not one of them. Where X-Forwarded-For and
// Forwarded are both given, one of them is what the client wrote itself, so
// neither counts.
func (p proxies) client(r *http.Request) netip.Addr {
	at := peer(r)
	if !p.contains(at) {
		return at
	}
	hops := list(r.Header, "X-Forwarded-For")
	if forwarded := list(r.Header, "Forwarded"); len(forwarded) > 0 {
		if len(hops) > 0 {
			return at
		}
		for _, element := range forwarded {
			hops = append(hops, forwardedFor(element))
		}
	}
	for i := len(hops) - 1; i >= 0 && p.contains(at); i-- {
		hop, ok := hopAddr(hops[i])
		if !ok {
			break
		}
		at = hop
	}
	return at
}

// host returns the host that the client asked for.
func (p proxies) host(r *http.Request) string {
	if p.contains(peer(r)) {
		if hosts := list(r.Header, "X-Forwarded-Host"); len(hosts) > 0 {
			return hosts[len(hosts)-1]
		}
	}
	return r.Host
}

func peer(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

// list joins the lines of a header and splits them at commas.
func list(h http.Header, name string) []string {
	var elements []string
	for _, line := range h.Values(name) {
		for element := range strings.SplitSeq(line, ",") {
			elements = append(elements, strings.TrimSpace(element))
		}
	}
	return elements
}

// forwardedFor returns the for parameter of an element of Forwarded (RFC 7239).
func forwardedFor(element string) string {
	for pair := range strings.SplitSeq(element, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
		if strings.EqualFold(name, "for") {
			return strings.Trim(value, `"`)
		}
	}
	return ""
}

// hopAddr reads an address with or without a port, in or out of brackets.
func hopAddr(hop string) (netip.Addr, bool) {
	if ap, err := netip.ParseAddrPort(hop); err == nil {
		return ap.Addr().Unmap().WithZone(""), true
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(hop, "["), "]"))
	return addr.Unmap().WithZone(""), err == nil
}
