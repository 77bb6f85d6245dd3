package turn

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// Key is the key of the long-term mechanism: MD5(username ":" realm ":" password) (RFC 8489 §9.2.2).
type Key [md5.Size]byte

func longTermKey(username, realm, password string) Key {
	return md5.Sum([]byte(username + ":" + realm + ":" + password))
}

// Credentials are the secrets by which time-limited user names are signed, in the form that coturn's "REST API" made common: the name is
// "<unix expiry>:<user>", the password base64(HMAC-SHA1(secret, name)).
type Credentials struct {
	Realm   string
	Secrets [][]byte // the first signs, all verify
	TTL     time.Duration
	Strict  bool // expiry also ends what lives, not only new allocations
}

// Sign returns a name and password for user that expire after ttl, or after c.TTL if ttl is 0.
func (c *Credentials) Sign(user string, ttl time.Duration, now time.Time) (username, password string, expires time.Time) {
	if ttl == 0 {
		ttl = c.TTL
	}
	expires = now.Add(ttl).Truncate(time.Second)
	username = strconv.FormatInt(expires.Unix(), 10) + ":" + user
	return username, restPassword(c.Secrets[0], username), expires
}

func restPassword(secret []byte, username string) string {
	h := hmac.New(sha1.New, secret)
	h.Write([]byte(username))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// An identity is who a request is from.
type identity struct {
	name    string // USERNAME as sent
	user    string // its user part, the accounting key; may be empty
	key     Key
	expires time.Time
}

// account is whom an allocation is counted to: the user, or the client's address where there is none.
func (i identity) account(from FiveTuple) string {
	if i.user != "" {
		return i.user
	}
	return from.Client.Addr().String()
}

// parseUsername splits "<unix expiry>:<user>" at the first colon; the user may be empty, and the colon missing.
func parseUsername(name string) (user string, expires time.Time, ok bool) {
	stamp, user, _ := strings.Cut(name, ":")
	if len(stamp) == 0 || len(stamp) > 12 {
		return "", time.Time{}, false
	}
	for _, r := range []byte(stamp) {
		if r < '0' || r > '9' {
			return "", time.Time{}, false
		}
	}
	unix, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return "", time.Time{}, false
	}
	return user, time.Unix(unix, 0), true
}

// identify returns the identity whose key the check accepts; every secret is tried, the first that fits wins.
func (c *Credentials) identify(name string, check func(Key) bool) (identity, bool) {
	user, expires, ok := parseUsername(name)
	if !ok {
		return identity{}, false
	}
	for _, secret := range c.Secrets {
		key := longTermKey(name, c.Realm, restPassword(secret, name))
		if check(key) {
			return identity{name: name, user: user, key: key, expires: expires}, true
		}
	}
	return identity{}, false
}
