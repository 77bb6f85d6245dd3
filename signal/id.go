package signal

import (
	"crypto/rand"
	"strings"
)

// randomText returns up to 26 characters of 5 random bits each.
func randomText(n int) string {
	return strings.ToLower(rand.Text()[:n])
}

func newSessionID() string { return "s-" + randomText(16) }
func newCallID() string    { return "c-" + randomText(16) }
