package signal

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"
)

// tokens signs and reads resume tokens. A token says all that there is to know
// about a session from outside; it grants nothing but to go on with it.
type tokens struct {
	key  []byte
	node string // which issued it
	born int64  // when that node began, Unix time in milliseconds
}

// token is what a resume token says.
type token struct {
	Session string `json:"s"`
	Serial  uint64 `json:"i"` // counts the resumptions of the session
	User    string `json:"u"`
	Name    string `json:"n,omitempty"`
	Node    string `json:"o"`
	Epoch   int64  `json:"e"`
	Expires int64  `json:"x"` // Unix time in milliseconds
}

func newTokens() tokens {
	key := make([]byte, sha256.Size)
	rand.Read(key)
	return tokens{key: key, node: randomText(8), born: time.Now().UnixMilli()}
}

// issue makes a token for a session that is carried by its serial-th connection.
func (t *tokens) issue(s *session, serial uint64, now time.Time) resumeInfo {
	expires := now.Add(tokenLife)
	text, _ := json.Marshal(token{s.id, serial, s.user, s.name, t.node, t.born, expires.UnixMilli()})
	payload := base64.RawURLEncoding.EncodeToString(text)
	return resumeInfo{
		Token:     payload + "." + t.sign(payload),
		ExpiresAt: expires.UnixMilli(),
		Window:    int64(resumeWindow / time.Second),
	}
}

func (t *tokens) sign(payload string) string {
	mac := hmac.New(sha256.New, t.key)
	mac.Write([]byte(payload))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// read returns what a token says if it is ours and has not expired.
func (t *tokens) read(text string, now time.Time) (token, bool) {
	var said token
	payload, signature, ok := strings.Cut(text, ".")
	if !ok || len(text) > tokenLimit || !hmac.Equal([]byte(signature), []byte(t.sign(payload))) {
		return token{}, false
	}
	raw, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil || json.Unmarshal(raw, &said) != nil {
		return token{}, false
	}
	return said, said.Node == t.node && said.Epoch == t.born && now.UnixMilli() < said.Expires
}
