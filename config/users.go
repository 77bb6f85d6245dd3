package config

import (
	"maps"
	"regexp"
	"slices"
	"unicode"
	"unicode/utf8"
)

// maxUserName is the most that USERNAME holds, in bytes (RFC 8489 §14.3).
const maxUserName = 508

// signedName is how the names begin that are signed with a secret.
var signedName = regexp.MustCompile(`^[0-9]+(:|$)`)

func (c *Credentials) validateUsers(r *report) {
	for _, name := range slices.Sorted(maps.Keys(c.Users)) {
		at := join("turn.credentials.users", clip(name))
		switch {
		case name == "" || len(name) > maxUserName:
			r.errorf(at, "the name has %d bytes, want 1 to %d", len(name), maxUserName)
		case !utf8.ValidString(name) || !isPrintable(name):
			r.errorf(at, "the name %q holds a character that is not printable", clip(name))
		case signedName.MatchString(name):
			r.errorf(at, "a name of digits, or of digits and a colon, is one that is signed with a secret; choose another")
		}
	}
}

// validate looks at the keys; what they open, the relay does.
func (t *Tokens) validate(r *report) {
	if len(t.Server) > 255 {
		r.errorf("turn.credentials.tokens.server", "has %d bytes, want 255 at most", len(t.Server))
	}
	for _, id := range slices.Sorted(maps.Keys(t.Keys)) {
		at := join("turn.credentials.tokens.keys", clip(id))
		if id == "" || len(id) > maxUserName || !utf8.ValidString(id) || !isPrintable(id) {
			r.errorf(at, "the id is not 1 to %d printable bytes", maxUserName)
		}
		if t.Keys[id] == "" {
			continue // refused already
		}
		if key, err := t.Material(id); err != nil || len(key) != 16 && len(key) != 32 {
			r.errorf(at, "is not base64 of 16 or 32 bytes; make one with: openssl rand -base64 32")
		}
	}
}

func isPrintable(s string) bool {
	for _, char := range s {
		if !unicode.IsPrint(char) {
			return false
		}
	}
	return true
}
