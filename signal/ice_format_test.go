package signal

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

// iceAs asks for a format, with an API key, for alice.
func iceAs(t *testing.T, server *Server, format string) *httptest.ResponseRecorder {
	t.Helper()
	w := post(server, "/v1/ice?format="+format, `{"user": "@alice:example.org", "ttl": 600}`, "Authorization", "Bearer "+testAPIKey)
	if w.Code != 200 && w.Code != 201 {
		t.Fatalf("%s: %d %s", format, w.Code, w.Body)
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Vary": "Origin", "Referrer-Policy": "no-referrer"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %s is %q", format, name, got)
		}
	}
	return w
}

func strict(t *testing.T, w *httptest.ResponseRecorder, v any) {
	t.Helper()
	d := json.NewDecoder(w.Body)
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		t.Fatal(err)
	}
}

const aliceName = `^[0-9]+:@alice:example\.org$`

func TestEveryFormatIsWhatItsConsumersRead(t *testing.T) {
	signers()
	cfg := Config{}
	withAuth(t)(&cfg)
	server := mustNew(t, cfg)
	name := regexp.MustCompile(aliceName)

	for _, format := range []string{"uberti", "matrix"} {
		// What Element's client takes from /_matrix/client/v3/voip/turnServer.
		var answer struct {
			Username, Password *string
			URIs               []string
			TTL                *int64
		}
		strict(t, iceAs(t, server, format), &answer)
		if !name.MatchString(*answer.Username) || *answer.Password == "" || len(answer.URIs) != 1 || *answer.TTL != 3600 {
			t.Errorf("%s: %+v", format, answer)
		}
	}

	var rtc ICE
	strict(t, iceAs(t, server, "rtc"), &rtc)
	if len(rtc.ICEServers) != 1 || rtc.RefreshAfter != 2250 || rtc.ExpiresAt == 0 {
		t.Errorf("rtc: %+v", rtc)
	}

	w := iceAs(t, server, "cloudflare")
	var cloudflare struct {
		ICEServers []struct {
			URLs                 []string
			Username, Credential string
		}
	}
	strict(t, w, &cloudflare)
	if s := cloudflare.ICEServers; w.Code != 201 || len(s) != 2 || s[0].URLs[0] != "stun:192.0.2.1:3478" || s[0].Username != "" || !name.MatchString(s[1].Username) {
		t.Errorf("cloudflare: %d %+v", w.Code, s)
	}

	w = iceAs(t, server, "twilio")
	var twilio struct {
		Username, Password, TTL string
		ICEServers              []struct{ URL, URLs, Username, Credential string } `json:"ice_servers"`
		DateCreated             string                                             `json:"date_created"`
		DateUpdated             string                                             `json:"date_updated"`
	}
	strict(t, w, &twilio)
	if s := twilio.ICEServers; w.Code != 201 || twilio.TTL != "3600" || len(s) != 2 || s[1].URL != s[1].URLs || s[1].Credential != twilio.Password {
		t.Errorf("twilio: %d %+v", w.Code, twilio)
	}

	var metered []struct{ URLs, Username, Credential string }
	strict(t, iceAs(t, server, "metered"), &metered)
	if len(metered) != 2 || !name.MatchString(metered[1].Username) {
		t.Errorf("metered: %+v", metered)
	}

	links := iceAs(t, server, "link").Header().Values("Link")
	if len(links) != 1 {
		t.Fatalf("link: %v", links)
	}
	target, parameters := parseLink(t, links[0])
	if target != rtc.ICEServers[0].URLs[0] || parameters["rel"] != "ice-server" || !name.MatchString(parameters["username"]) ||
		parameters["credential"] == "" || parameters["credential-type"] != "password" {
		t.Errorf("link: %s %v", target, parameters)
	}
}

// parseLink reads one link-value of RFC 8288 §3 by its grammar.
func parseLink(t *testing.T, text string) (target string, parameters map[string]string) {
	t.Helper()
	rest, ok := strings.CutPrefix(text, "<")
	target, rest, closed := strings.Cut(rest, ">")
	if !ok || !closed {
		t.Fatalf("no target in %q", text)
	}
	parameters = make(map[string]string)
	for rest != "" {
		var name string
		rest = strings.TrimLeft(strings.TrimPrefix(strings.TrimLeft(rest, " "), ";"), " ")
		if name, rest, ok = strings.Cut(rest, `="`); !ok {
			t.Fatalf("no quoted value in %q", text)
		}
		var value strings.Builder
		for {
			if rest == "" {
				t.Fatalf("the value of %s does not end in %q", name, text)
			}
			c := rest[0]
			rest = rest[1:]
			if c == '"' {
				break
			}
			if c == '\\' {
				c, rest = rest[0], rest[1:]
			}
			value.WriteByte(c)
		}
		parameters[name] = value.String()
	}
	return target, parameters
}

func TestLinksSurviveQuotes(t *testing.T) {
	hostile := `1:a"; rel="next\`
	links := ICE{ICEServers: []ICEServer{{URLs: []string{"turn:a"}, Username: hostile, Credential: "c"}}}.Links()
	if _, parameters := parseLink(t, links[0]); parameters["username"] != hostile || parameters["rel"] != "ice-server" {
		t.Errorf("%s reads as %v", links[0], parameters)
	}
}

func TestKeysInURLsAreForThoseWhoCannotElse(t *testing.T) {
	signers()
	cfg := Config{}
	withAuth(t)(&cfg)
	server := mustNew(t, cfg)
	for url, want := range map[string]int{
		"/v1/ice?service=turn&username=bob&key=" + testAPIKey:       200,
		"/v1/ice?service=turn&username=bob&api=" + testAPIKey:       200, // Janus
		"/v1/ice?format=metered&apiKey=" + testAPIKey:               200,
		"/v1/ice?service=turn&username=bob&key=" + testAPIKey + "x": 401,
		"/v1/ice?service=turn&username=bob":                         401,
		"/v1/ice?service=sip&key=" + testAPIKey:                     400,
		"/v1/ice?key=" + testAPIKey:                                 401,
		"/v1/ice?format=twilio&key=" + testAPIKey:                   401,
		"/v1/ice?format=xml":                                        400,
		"/v1/ice?ttl=9":                                             400,
		"/v1/ice?ttl=x":                                             400,
		"/v1/ice?user=a%0Ab":                                        400,
	} {
		w := httptest.NewRecorder()
		server.ServeHTTP(w, httptest.NewRequest("GET", url, nil))
		if w.Code != want {
			t.Errorf("%s: %d %s", strings.ReplaceAll(url, testAPIKey, "KEY"), w.Code, w.Body)
		}
		if want == 401 && w.Header().Get("WWW-Authenticate") == "" {
			t.Error("401 without a challenge")
		}
		var refused struct{ Code, Message string }
		if want != 200 && (json.Unmarshal(w.Body.Bytes(), &refused) != nil || refused.Code == "" || refused.Message == "") {
			t.Errorf("%s: no code and sentence: %s", url, w.Body)
		}
	}
	// Twilio's own clients know HTTP Basic alone, and forms.
	r := httptest.NewRequest("POST", "/v1/ice?format=twilio", strings.NewReader("Ttl=600"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("AC123", testAPIKey)
	w := httptest.NewRecorder()
	if server.ServeHTTP(w, r); w.Code != 201 {
		t.Errorf("Basic: %d %s", w.Code, w.Body)
	}
}

func TestATokenSpeaksForItsBearerAlone(t *testing.T) {
	signers()
	cfg := Config{}
	withAuth(t)(&cfg)
	server := mustNew(t, cfg)
	ask := func(claims jwt.MapClaims) *httptest.ResponseRecorder {
		return post(server, "/v1/ice", `{"user": "bob"}`, "Authorization", "Bearer "+sign(t, goodClaims(claims), nil))
	}
	var ice ICE
	w := ask(nil)
	strict(t, w, &ice)
	if _, user, _ := strings.Cut(ice.ICEServers[0].Username, ":"); user != "alice" {
		t.Errorf("alice gets credentials of %s", user)
	}
	if w := ask(jwt.MapClaims{"relay": false}); w.Code != http.StatusForbidden {
		t.Errorf("without the relay: %d", w.Code)
	}
	limit := server.limits.PerUser.ICE.Burst
	for range limit {
		w = ask(nil)
	}
	if w.Code != 429 || w.Header().Get("Retry-After") == "" {
		t.Errorf("after %d requests: %d", limit, w.Code)
	}
	if w := ask(jwt.MapClaims{"sub": "carol"}); w.Code != 200 {
		t.Errorf("somebody else: %d %s", w.Code, w.Body)
	}
}

func TestEveryOriginMayAskWhereEverybodyShowsAProof(t *testing.T) {
	signers()
	cfg := Config{Origins: []string{"*"}}
	withAuth(t)(&cfg)
	server := mustNew(t, cfg)
	w := httptest.NewRecorder()
	r := httptest.NewRequest("OPTIONS", "/v1/ice", nil)
	r.Header.Set("Origin", "https://anywhere.example")
	if server.ServeHTTP(w, r); w.Code != 204 || w.Header().Get("Access-Control-Allow-Origin") != "https://anywhere.example" || w.Header().Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("got %d %v", w.Code, w.Header())
	}
}
