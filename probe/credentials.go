package probe

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// credentials are those of the long-term mechanism (RFC 8489 §9.2).
type credentials struct{ username, password string }

// signed makes the time-limited credentials of draft-uberti-behave-turn-rest.
func signed(secret, user string, expires time.Time) credentials {
	name := strconv.FormatInt(expires.Unix(), 10)
	if user != "" {
		name += ":" + user
	}
	h := hmac.New(sha1.New, []byte(secret))
	h.Write([]byte(name))
	return credentials{name, base64.StdEncoding.EncodeToString(h.Sum(nil))}
}

// expiry is when the credentials say that they expire, if they do.
func (c credentials) expiry() (time.Time, bool) {
	digits, _, _ := strings.Cut(c.username, ":")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || len(digits) < 9 || n < 0 || n > 1<<40 {
		return time.Time{}, false
	}
	return time.Unix(n, 0), true
}
