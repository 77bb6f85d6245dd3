package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// maxICE is how much of an answer is read, in bytes.
const maxICE = 1 << 16

// iceAnswer is an RTCPeerConnection argument, or what draft-uberti-behave-turn-rest has.
type iceAnswer struct {
	ICEServers []struct {
		URLs       urlList `json:"urls"`
		Username   string  `json:"username"`
		Credential string  `json:"credential"`
	} `json:"iceServers"`
	TTL       int64 `json:"ttl"`
	ExpiresAt int64 `json:"expires_at"`

	Username string   `json:"username"`
	Password string   `json:"password"`
	URIs     []string `json:"uris"`
}

// urlList is one URL or several.
type urlList []string

func (l *urlList) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*l = urlList{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(l))
}

// checkHTTP allows https, and http on this host: credentials do not travel in the clear.
func checkHTTP(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, fmt.Errorf("%q is not an http URL", text)
	}
	host := u.Hostname()
	a, err := netip.ParseAddr(host)
	if u.Scheme == "http" && host != "localhost" && (err != nil || !a.IsLoopback()) {
		return nil, fmt.Errorf("%q: credentials travel by https, or by http on loopback", text)
	}
	return u, nil
}

// fetchICE asks for URLs and credentials. A problem is a verdict on whoever was asked; the error is about the options.
func (p *prober) fetchICE(ctx context.Context, rep *Report) ([]target, *Verdict, error) {
	where, err := checkHTTP(p.ICE)
	if err != nil {
		return nil, nil, err
	}
	p.tell("fetch " + p.ICE)
	step := Step{Name: "fetch", Result: OK, Text: p.ICE}
	began := time.Now()
	answer, err := fetch(ctx, where, p.Token)
	step.MS = millis(time.Since(began))
	if err != nil {
		problem := excuse(where, err)
		step.Result, step.Text = outcome(err), printable(err.Error())
		rep.Steps = append(rep.Steps, step)
		return nil, &problem, nil
	}
	rep.Steps = append(rep.Steps, step)
	rep.web = where.Scheme == "https" || !isLoopback(where.Hostname())
	list, err := answer.targets(time.Now())
	if err != nil || len(list) == 0 {
		problem := Say(Garbage, Figures{Host: where.Hostname(), Port: httpPort(where)})
		problem.Sentence = fmt.Sprintf("%s lists no STUN or TURN server.", p.ICE)
		problem.Do = "Name the URL that answers with iceServers, as /v1/ice does."
		return nil, &problem, nil
	}
	return list, nil, nil
}

func isLoopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

// httpRefusal is a status that is no success.
type httpRefusal struct {
	status int
	text   string
}

func (r httpRefusal) Error() string {
	if r.text == "" {
		return fmt.Sprintf("%d %s", r.status, http.StatusText(r.status))
	}
	return fmt.Sprintf("%d %s (%s)", r.status, http.StatusText(r.status), r.text)
}

func fetch(ctx context.Context, where *url.URL, token string) (*iceAnswer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, stepLimit, errSilent)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, where.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, Proxy: http.ProxyFromEnvironment},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, // it would be another host than was named
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, explain(ctx, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxICE))
	if err != nil {
		return nil, explain(ctx, err)
	}
	if resp.StatusCode != http.StatusOK {
		var said struct{ Message string }
		_ = json.Unmarshal(body, &said)
		return nil, httpRefusal{resp.StatusCode, printable(said.Message)}
	}
	return parseICE(body)
}

func parseICE(body []byte) (*iceAnswer, error) {
	answer := new(iceAnswer)
	if err := json.Unmarshal(body, answer); err != nil {
		return nil, fmt.Errorf("%w: %w", errNotSTUN, err)
	}
	return answer, nil
}

// targets are the servers that were listed, each as its URL says. The clock of whoever listed them shows by when the credentials expire.
func (a *iceAnswer) targets(now time.Time) (list []target, err error) {
	if len(a.ICEServers) == 0 {
		return targetsOf(a.URIs, credentials{a.Username, a.Password}, a.behind(a.Username, now))
	}
	for _, s := range a.ICEServers {
		more, err := targetsOf(s.URLs, credentials{s.Username, s.Credential}, a.behind(s.Username, now))
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	return list, nil
}

func targetsOf(urls []string, user credentials, clock time.Duration) (list []target, err error) {
	for _, text := range urls {
		parsed, err := parseURL(text)
		if err != nil {
			return nil, err
		}
		for _, t := range parsed {
			t.user, t.clock = user, clock
			list = append(list, t)
		}
	}
	return list, nil
}

// behind is how far the clock of whoever signed is behind ours; differences that the time under way explains are none.
func (a *iceAnswer) behind(username string, now time.Time) time.Duration {
	expires, ok := credentials{username: username}.expiry()
	if !ok || a.TTL <= 0 || a.TTL > 1<<31 {
		return 0
	}
	skew := now.Sub(expires.Add(-time.Duration(a.TTL) * time.Second))
	if skew.Abs() < skewLimit {
		return 0
	}
	return skew
}

// excuse says why there was no list.
func excuse(where *url.URL, err error) Verdict {
	var (
		refused httpRefusal
		missing *net.DNSError
		f       = Figures{Host: where.Hostname(), Port: httpPort(where)}
	)
	if bad := untrusted(f.Host, err); bad != nil {
		return *bad
	}
	switch {
	case errors.As(err, &refused):
		return Say(Forbidden, Figures{Other: refused.Error()})
	case errors.As(err, new(signalRefusal)):
		return Say(Forbidden, Figures{Other: err.Error()})
	case errors.As(err, &missing):
		return Say(NameMissing, f)
	case errors.Is(err, context.Canceled):
		return Say(Interrupted, f)
	case errors.Is(err, errNotSTUN):
		v := Say(Garbage, f)
		v.Sentence = fmt.Sprintf("What %s answers is no list of ICE servers.", where.Redacted())
		v.Do = "Name the URL that answers with iceServers, as /v1/ice does."
		return v
	case errors.Is(err, errRefused):
		f.Other = "it refuses the connection"
	}
	return Say(ServerDown, f)
}

func httpPort(u *url.URL) uint16 {
	var n uint16
	if _, err := fmt.Sscan(u.Port(), &n); err == nil {
		return n
	}
	if strings.EqualFold(u.Scheme, "http") {
		return 80
	}
	return 443
}
