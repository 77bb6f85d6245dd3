package turn

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// An algorithm makes keys of passwords (RFC 8489 §18.5).
type algorithm uint16

const (
	algorithmMD5    algorithm = 1
	algorithmSHA256 algorithm = 2
)

// key is the key of the long-term mechanism, the hash of username ":" realm ":" password (RFC 8489 §9.2.2).
func (a algorithm) key(username, realm, password string) []byte {
	text := []byte(username + ":" + realm + ":" + password)
	if a == algorithmSHA256 {
		sum := sha256.Sum256(text)
		return sum[:]
	}
	sum := md5.Sum(text)
	return sum[:]
}

// Credentials are the secrets by which time-limited user names are signed, in the form that coturn's "REST API" made common: the name is
// "<unix expiry>:<user>", the password base64(HMAC-SHA1(secret, name)). Beside them there may be users with passwords. Once in use they are not changed.
type Credentials struct {
	Realm   string
	Secrets [][]byte // the first signs, all verify
	TTL     time.Duration
	Strict  bool              // expiry also ends what lives, not only new allocations
	Users   map[string]string // name to password
	Tokens  *Tokens           // RFC 7635; nil: none are taken

	hashes map[[sha256.Size]byte]string // USERHASH to name
}

// NewCredentials completes c.
func NewCredentials(c Credentials) *Credentials {
	c.hashes = make(map[[sha256.Size]byte]string, len(c.Users))
	for name := range c.Users {
		c.hashes[userhash(name, c.Realm)] = name
	}
	return &c
}

// userhash is USERHASH (RFC 8489 §14.4).
func userhash(name, realm string) [sha256.Size]byte { return sha256.Sum256([]byte(name + ":" + realm)) }

// byHash returns the user with that USERHASH. Signed names cannot be found so, since they are not stored anywhere.
func (c *Credentials) byHash(hash []byte) (string, bool) {
	if len(hash) != sha256.Size {
		return "", false
	}
	name, ok := c.hashes[[sha256.Size]byte(hash)]
	return name, ok
}

// anonymous tells whether every user can be found by USERHASH, so that clients may be told to use it.
func (c *Credentials) anonymous() bool {
	return len(c.Secrets) == 0 && len(c.Users) > 0 && c.Tokens == nil
}

// Sign returns a name and password for user that expire after ttl, or after c.TTL if ttl is 0. There must be a secret.
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
	name      string // USERNAME as sent, or what USERHASH stands for
	user      string // its user part, the accounting key; may be empty
	algorithm algorithm
	key       []byte
	expires   time.Time // zero for users with a password
	token     bool      // it is from a token
}

// is tells whether the request of j may be about what i has. Tokens name nobody: whoever has one, and speaks from the same 5-tuple, is the same.
func (i identity) is(j identity) bool { return i.token == j.token && (i.token || i.name == j.name) }

func (i identity) expired(now time.Time) bool { return !i.expires.IsZero() && !now.Before(i.expires) }

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

// knows tells whether there may be a password for the name at all.
func (c *Credentials) knows(name string) bool {
	_, static := c.Users[name]
	_, _, signed := parseUsername(name)
	return static || signed && len(c.Secrets) > 0
}

// identify returns the identity whose key the check accepts; every secret is tried, the first that fits wins.
func (c *Credentials) identify(name string, alg algorithm, check func(key []byte) bool) (identity, bool) {
	if password, ok := c.Users[name]; ok {
		key := alg.key(name, c.Realm, password)
		return identity{name: name, user: name, algorithm: alg, key: key}, check(key)
	}
	user, expires, ok := parseUsername(name)
	if !ok {
		return identity{}, false
	}
	for _, secret := range c.Secrets {
		key := alg.key(name, c.Realm, restPassword(secret, name))
		if check(key) {
			return identity{name: name, user: user, algorithm: alg, key: key, expires: expires}, true
		}
	}
	return identity{}, false
}
