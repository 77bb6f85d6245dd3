package signal

import (
	"encoding/json"
	"io"
	"math"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// bodyLimit bounds what is posted, in bytes.
const bodyLimit = 4 << 10

// iceRequest is what a request of /v1/ice asks for.
type iceRequest struct {
	format string
	user   string        // whom the relay counts; only a server may say
	ttl    time.Duration // at most; 0: as configured
	key    string        // an API key in the URL, in the formats whose clients put it there
}

// parseICE reads the query, and what is posted as JSON or as a form. What has no
// meaning here is left alone.
func parseICE(w http.ResponseWriter, r *http.Request) (iceRequest, *problem) {
	fields := r.URL.Query()
	ask := iceRequest{format: fields.Get("format")}
	if service := fields.Get("service"); service != "" { // draft-uberti-behave-turn-rest
		if service != "turn" {
			return ask, &problem{badRequest, "the service is turn"}
		}
		if ask.format == "" {
			ask.format = "uberti"
		}
	}
	switch ask.format {
	case "":
		ask.format = Formats[0]
	case "uberti":
		ask.key = first(fields, "key", "api")
	case "metered":
		ask.key = first(fields, "apiKey", "secretKey")
	}
	if !slices.Contains(Formats, ask.format) {
		return ask, &problem{badRequest, "the format is one of " + strings.Join(Formats, ", ")}
	}
	if r.Method == http.MethodPost {
		posted, p := body(w, r)
		if p != nil {
			return ask, p
		}
		for name, values := range posted {
			fields[name] = values
		}
	}
	ask.user = first(fields, "user", "username")
	if ask.user != "" && (len(ask.user) > 256 || !utf8.ValidString(ask.user) || !printable(ask.user, 256)) {
		return ask, &problem{badRequest, "the user is longer than 256 bytes or has control characters"}
	}
	if text := first(fields, "ttl", "Ttl", "expiryInSeconds"); text != "" {
		seconds, err := strconv.ParseInt(text, 10, 64)
		if err != nil || seconds < int64(minCredentialTTL/time.Second) || seconds > math.MaxInt32 {
			return ask, &problem{badRequest, "the ttl is a number of seconds, at least 10"}
		}
		ask.ttl = time.Duration(seconds) * time.Second
	}
	return ask, nil
}

func first(fields url.Values, names ...string) string {
	for _, name := range names {
		if value := fields.Get(name); value != "" {
			return value
		}
	}
	return ""
}

// body reads an object or a form; nothing at all is an empty one.
func body(w http.ResponseWriter, r *http.Request) (url.Values, *problem) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyLimit))
	if err != nil {
		return nil, &problem{badRequest, "the body cannot be read, or is larger than 4 KiB"}
	}
	if len(strings.TrimSpace(string(data))) == 0 {
		return nil, nil
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/x-www-form-urlencoded" && data[0] != '{' {
		fields, err := url.ParseQuery(string(data))
		if err != nil {
			return nil, &problem{badRequest, "the body is no form"}
		}
		return fields, nil
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(data, &object) != nil || object == nil {
		return nil, &problem{badRequest, "the body is not a JSON object"}
	}
	fields := make(url.Values)
	for name, raw := range object {
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw) // a number; what is none of both is refused where it matters
		}
		if text != "null" {
			fields.Set(name, text)
		}
	}
	return fields, nil
}
