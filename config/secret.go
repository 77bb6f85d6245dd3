package config

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

const redacted = "[redacted]"

// minSecret is the least length of a secret in bytes: 128 bit.
const minSecret = 16

// Secret is a text that never prints. Convert it to a string where it is used.
type Secret string

func (Secret) String() string               { return redacted }
func (Secret) GoString() string             { return redacted }
func (Secret) Format(f fmt.State, _ rune)   { fmt.Fprint(f, redacted) }
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }
func (Secret) MarshalYAML() (any, error)    { return redacted, nil }
func (Secret) LogValue() slog.Value         { return slog.StringValue(redacted) }

// UnmarshalText refuses what is too short or plainly a placeholder. Its errors
// do not quote the text.
func (s *Secret) UnmarshalText(text []byte) error {
	const mend = "; make one with: openssl rand -base64 32"
	switch {
	case string(text) == redacted:
		return errors.New("is the word that stands for a secret in printed configurations, not a secret" + mend)
	case len(text) < minSecret:
		return fmt.Errorf("is too short: %d bytes, a secret has at least %d%s", len(text), minSecret, mend)
	case repeats(string(text)):
		return errors.New("repeats itself and is easy to guess" + mend)
	case isPlaceholder(string(text)):
		return errors.New("looks like a placeholder, not like a secret" + mend)
	}
	*s = Secret(text)
	return nil
}

// repeats reports whether a text is made of few characters, or of one short
// piece again and again.
func repeats(s string) bool {
	distinct := map[byte]bool{}
	for i := range len(s) {
		distinct[s[i]] = true
	}
	if len(distinct) < 6 {
		return true
	}
	for period := 1; period < minSecret && period <= len(s)/2; period++ {
		if s[period:] == s[:len(s)-period] {
			return true
		}
	}
	return false
}

// placeholders are the words of which sample files make their secrets. A longer
// word stands before its parts.
var placeholders = []string{
	"placeholder", "passphrase", "password", "passwort", "replaceme", "changeit", "changeme", "change",
	"replace", "turnpike", "example", "default", "static", "shared", "secret", "string", "coturn", "insert",
	"random", "please", "should", "really", "sample", "secure", "token", "realm", "value", "qwerty", "letmein",
	"admin", "north", "long", "turn", "auth", "your", "this", "that", "some", "here", "test", "with", "must",
	"very", "user", "demo", "foobar", "abcdefghijklmnopqrstuvwxyz", "abcdefgh", "abcdef", "0123456789",
	"1234567890", "123456789", "12345678", "01234567", "123456", "12345", "1234", "the", "key", "not", "for", "and", "foo", "bar", "my", "me", "it", "is", "to", "be", "a",
}

// isPlaceholder reports whether next to nothing is left of a text without the
// words of placeholders. Of a random one, nearly all is left.
func isPlaceholder(s string) bool {
	s = strings.ToLower(s)
	for _, word := range placeholders {
		s = strings.ReplaceAll(s, word, " ")
	}
	left := 0
	for _, r := range s {
		if r != ' ' && r != '-' && r != '_' && r != '.' && r != '!' {
			left++
		}
	}
	return left < 8
}
