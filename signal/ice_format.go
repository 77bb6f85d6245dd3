package signal

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Formats are the shapes in which ICE servers are told, by the names that
// /v1/ice?format= takes. The first is the default.
var Formats = []string{"rtc", "uberti", "matrix", "cloudflare", "twilio", "metered", "link"}

// In writes ICE servers in one of Formats, as what marshals to its JSON; nil for
// another format. link is as rtc, with the servers in [ICE.Links] too.
func (i ICE) In(format string, now time.Time) any {
	server := i.server()
	switch format {
	case "rtc", "link":
		i.RefreshAfter = i.TTL * 5 / 8
		return i
	case "uberti", "matrix": // the former's fields are all of the latter's
		return struct {
			Username string   `json:"username"`
			Password string   `json:"password"`
			TTL      int64    `json:"ttl"`
			URIs     []string `json:"uris"`
		}{server.Username, server.Credential, i.TTL, server.URLs}
	case "cloudflare":
		return struct {
			ICEServers []ICEServer `json:"iceServers"`
		}{slices.Concat([]ICEServer{{URLs: stunURLs(server.URLs)}}, i.ICEServers)}
	case "twilio":
		return twilio(i, now)
	case "metered":
		return eachURL(i.ICEServers)
	}
	return nil
}

// server is the one that has everything; a client that may not use the relay
// gets an empty one.
func (i ICE) server() ICEServer {
	if len(i.ICEServers) == 0 {
		return ICEServer{URLs: []string{}}
	}
	return i.ICEServers[0]
}

type oneURL struct {
	URL        string `json:"url,omitempty"`
	URLs       string `json:"urls"`
	Username   string `json:"username,omitempty"`
	Credential string `json:"credential,omitempty"`
}

// eachURL has every URL as a server of its own.
func eachURL(servers []ICEServer) []oneURL {
	list := []oneURL{}
	for _, server := range servers {
		for _, u := range stunURLs(server.URLs) {
			list = append(list, oneURL{URLs: u})
		}
		for _, u := range server.URLs {
			list = append(list, oneURL{URLs: u, Username: server.Username, Credential: server.Credential})
		}
	}
	return list
}

func twilio(i ICE, now time.Time) any {
	servers := eachURL(i.ICEServers)
	for n := range servers {
		servers[n].URL = servers[n].URLs
	}
	server := i.server()
	date := now.UTC().Format(time.RFC1123Z)
	return struct {
		Username    string   `json:"username"`
		Password    string   `json:"password"`
		TTL         string   `json:"ttl"`
		ICEServers  []oneURL `json:"ice_servers"`
		DateCreated string   `json:"date_created"`
		DateUpdated string   `json:"date_updated"`
	}{server.Username, server.Credential, strconv.FormatInt(i.TTL, 10), servers, date, date}
}

// stunURLs are the stun: URLs of those relays that are reached over UDP: the
// same sockets answer.
func stunURLs(urls []string) (stun []string) {
	for _, u := range urls {
		rest, ok := strings.CutPrefix(u, "turn:")
		rest, query, _ := strings.Cut(rest, "?")
		if ok && query != "transport=tcp" && !slices.Contains(stun, "stun:"+rest) {
			stun = append(stun, "stun:"+rest)
		}
	}
	return stun
}

// Links are the servers as values of the header Link (RFC 8288), one for each
// URL, as WHIP has them (RFC 9725 §4.6).
func (i ICE) Links() (links []string) {
	for _, server := range i.ICEServers {
		for _, u := range server.URLs {
			links = append(links, fmt.Sprintf(`<%s>; rel="ice-server"; username="%s"; credential="%s"; credential-type="password"`,
				u, quoted.Replace(server.Username), quoted.Replace(server.Credential)))
		}
	}
	return links
}

// quoted escapes what a quoted-string cannot hold (RFC 9110 §5.6.4). User names
// have no control characters.
var quoted = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// write answers in a format.
func (i ICE) write(w http.ResponseWriter, format string, now time.Time) {
	status := http.StatusOK
	switch format {
	case "cloudflare":
		status = http.StatusCreated
	case "twilio":
		status = http.StatusCreated
	case "link":
		for _, link := range i.Links() {
			w.Header().Add("Link", link)
		}
	}
	answer(w, status, i.In(format, now))
}
