package signal

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// origins are those allowed beside the same host, as canonicalOrigin writes them.
type origins map[string]bool

// parseOrigins takes "*" only where every client shows a proof: a page of
// another origin has none of it, since none is in a cookie.
func parseOrigins(list []string, proven bool) (origins, error) {
	allowed := make(origins)
	for _, text := range list {
		if text == "*" && proven {
			allowed["*"] = true
			continue
		}
		if text == "*" {
			return nil, errors.New(`origin "*": list the origins one by one; every page of the web can be let in only where tokens are required`)
		}
		origin, ok := canonicalOrigin(text)
		if !ok {
			return nil, fmt.Errorf("origin %q: write it as https://example.org", text)
		}
		allowed[origin] = true
	}
	return allowed, nil
}

// check refuses pages of other origins. host is the one that the client asked
// for. What is no page sends no Origin, and passes.
func (o origins) check(r *http.Request, host string) error {
	if o["*"] {
		return nil
	}
	for _, origin := range r.Header.Values("Origin") {
		if canonical, ok := canonicalOrigin(origin); ok && o[canonical] {
			continue
		}
		if !sameHost(origin, host) {
			return errors.New("pages of this origin are not allowed here; http.origins lists those that are")
		}
	}
	return nil
}

// canonicalOrigin is in lower case and without the default port.
func canonicalOrigin(text string) (string, bool) {
	u, err := url.Parse(strings.ToLower(strings.TrimSuffix(text, "/")))
	if err != nil || u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return "", false
	}
	if u.Scheme != "https" && u.Scheme != "http" {
		return "", false
	}
	return u.Scheme + "://" + withoutDefaultPort(u.Scheme, u.Host), true
}

// sameHost compares name and port. The scheme may differ, since a proxy may
// have ended TLS.
func sameHost(origin, host string) bool {
	canonical, ok := canonicalOrigin(origin)
	if !ok || host == "" {
		return false
	}
	scheme, originHost, _ := strings.Cut(canonical, "://")
	return originHost == withoutDefaultPort(scheme, strings.ToLower(host))
}

func withoutDefaultPort(scheme, host string) string {
	if scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}
