package signal

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/golang-jwt/jwt/v5"
)

const (
	jwtLimit     = 8 << 10          // bytes
	tokenLeeway  = 60 * time.Second // between our clock and the issuer's
	subjectLimit = 128              // bytes
	tokenRooms   = 64               // patterns of one token
)

// claims are what a token says. The standard ones are checked by package jwt.
type claims struct {
	jwt.RegisteredClaims
	Name      *string   `json:"name"`
	Rooms     *[]string `json:"rooms"`
	Relay     *bool     `json:"relay"`
	TTL       *int64    `json:"ttl"` // seconds
	Sessions  *int      `json:"sessions"`
	Quota     *int      `json:"allocations"`
	Moderator bool      `json:"moderator"`
	Invite    bool      `json:"invite"`
}

// verify checks a token. The key is chosen by the token's kid among ours; what
// algorithm it verifies by is the key's, and where a token says that keys are to
// be found (jku, jwk, x5u, x5c) is never read.
func (a *authority) verify(ctx context.Context, text string, now time.Time) (*grant, *problem) {
	if !a.knowsTokens() {
		return nil, &problem{badToken, "this server takes no tokens"}
	}
	id, p := keyID(text)
	if p != nil {
		return nil, p
	}
	keys, p := a.candidates(ctx, id, now)
	if p != nil {
		return nil, p
	}
	var worst *problem
	for _, key := range keys {
		c, err := a.parse(text, key, now)
		if err == nil {
			return c.grant()
		}
		if refused := explain(err); worst == nil || worst == errSignature {
			worst = refused
		}
	}
	if worst == nil {
		worst = &problem{badToken, "no key here verifies the token"}
	}
	return nil, worst
}

func (a *authority) parse(text string, key Key, now time.Time) (*claims, error) {
	options := []jwt.ParserOption{
		jwt.WithValidMethods([]string{key.algorithm}),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithLeeway(tokenLeeway),
		jwt.WithTimeFunc(func() time.Time { return now }),
		jwt.WithStrictDecoding(),
	}
	if a.audience != "" {
		options = append(options, jwt.WithAudience(a.audience))
	}
	c := new(claims)
	_, err := jwt.NewParser(options...).ParseWithClaims(text, c, func(*jwt.Token) (any, error) { return key.material, nil })
	return c, err
}

// candidates are the keys that may have signed a token: those with its kid, or
// if none has it, those without one; all for a token without a kid.
func (a *authority) candidates(ctx context.Context, id string, now time.Time) (keys []Key, p *problem) {
	for _, key := range a.keys {
		if id == "" || key.id == id {
			keys = append(keys, key)
		}
	}
	if a.jwks != nil && (id == "" || len(keys) == 0) {
		var more []Key
		more, p = a.jwks.find(ctx, id, now)
		keys = append(keys, more...)
	}
	if len(keys) == 0 {
		for _, key := range a.keys {
			if key.id == "" {
				keys = append(keys, key)
			}
		}
	}
	if len(keys) > 0 {
		return keys, nil
	}
	return nil, p
}

// keyID reads the kid of a token, and refuses early what cannot be one.
func keyID(text string) (string, *problem) {
	if len(text) > jwtLimit {
		return "", &problem{badToken, "the token is larger than 8 KiB"}
	}
	head, _, ok := strings.Cut(text, ".")
	if !ok || strings.Count(text, ".") != 2 {
		return "", errNoToken
	}
	data, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		return "", errNoToken
	}
	var header struct {
		ID       string          `json:"kid"`
		Critical json.RawMessage `json:"crit"`
	}
	if json.Unmarshal(data, &header) != nil {
		return "", errNoToken
	}
	if header.Critical != nil {
		return "", &problem{badToken, "the token has critical extensions, of which none is known here"}
	}
	if len(header.ID) > maxKeyID {
		return "", &problem{badToken, "the token's kid is longer than 128 bytes"}
	}
	return header.ID, nil
}

var (
	errNoToken   = &problem{badToken, "not a JSON Web Token"}
	errSignature = &problem{badToken, "no key here verifies the token"}
)

// explain says what is wrong with a token, and nothing of what is in it.
func explain(err error) *problem {
	switch {
	case errors.Is(err, jwt.ErrTokenSignatureInvalid), errors.Is(err, jwt.ErrTokenUnverifiable):
		return errSignature
	case errors.Is(err, jwt.ErrTokenMalformed):
		return &problem{badToken, "not a JSON Web Token, or a claim in it has the wrong type"}
	case errors.Is(err, jwt.ErrTokenExpired):
		return &problem{badToken, "the token has expired"}
	case errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		return &problem{badToken, "the token lacks exp, or an aud that names this server"}
	case errors.Is(err, jwt.ErrTokenInvalidAudience):
		return &problem{badToken, "the token is for another audience"}
	case errors.Is(err, jwt.ErrTokenNotValidYet), errors.Is(err, jwt.ErrTokenUsedBeforeIssued):
		return &problem{badToken, "the token is not valid yet"}
	}
	return errSignature
}

// grant turns claims into rights, or says which of them cannot be.
func (c *claims) grant() (*grant, *problem) {
	g := &grant{subject: c.Subject, moderator: c.Moderator, inviter: c.Invite}
	if c.Subject == "" || len(c.Subject) > subjectLimit || !printable(c.Subject, subjectLimit) || !utf8.ValidString(c.Subject) {
		return nil, &problem{badToken, "the token's sub is missing, longer than 128 bytes or has control characters"}
	}
	g.name = c.Subject
	if c.Name != nil {
		g.name = strings.TrimSpace(*c.Name)
	}
	if !printable(g.name, nameLimit) || strings.HasSuffix(g.name, guestSuffix) {
		return nil, &problem{badToken, "the token's name (or sub) has not 1 to 64 characters, or control characters, or is a guest's"}
	}
	if c.Rooms != nil {
		if len(*c.Rooms) > tokenRooms {
			return nil, &problem{badToken, "the token names more than 64 rooms"}
		}
		g.rooms = append(patterns{}, *c.Rooms...)
	}
	g.noRelay = c.Relay != nil && !*c.Relay
	if c.TTL != nil {
		if *c.TTL < int64(minCredentialTTL/time.Second) || *c.TTL > math.MaxInt32 {
			return nil, &problem{badToken, "the token's ttl is less than 10 seconds, or no number of seconds"}
		}
		g.ttl = time.Duration(*c.TTL) * time.Second
	}
	g.sessions = namesakes
	if c.Sessions != nil {
		if *c.Sessions < 1 {
			return nil, &problem{badToken, "the token allows no session"}
		}
		g.sessions = min(g.sessions, *c.Sessions)
	}
	if c.Quota != nil {
		if *c.Quota < 1 || *c.Quota > math.MaxUint16 {
			return nil, &problem{badToken, "the token's allocations are not 1 to 65535; relay: false allows none"}
		}
		g.allocations = *c.Quota
	}
	g.expires = c.ExpiresAt.Add(tokenLeeway)
	g.user = relayUser(c.Subject)
	return g, nil
}

// relayUser is the name by which the relay counts the bearer of a token: the
// subject, or its hash where that cannot stand in a user name that every client
// handles (RFC 8265 would change it).
func relayUser(subject string) string {
	plain := len(subject) <= 64
	for i := range len(subject) {
		c := subject[i]
		plain = plain && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("@.:_-+=/|~", c) >= 0)
	}
	if plain && !strings.HasPrefix(subject, guestPrefix) {
		return subject
	}
	sum := sha256.Sum256([]byte(subject))
	return "user-" + hex.EncodeToString(sum[:12])
}

// tokenProof is that of a name that belongs to a subject. It is hashed twice, so
// that no guest's key can be the same.
func tokenProof(subject string) proof {
	once := sha256.Sum256([]byte("sub " + subject))
	return proof{sum: sha256.Sum256(once[:]), kept: true}
}
