package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestTheDashboardHasWordsForEveryReasonOfARefusal compares the relay's words with the page's.
func TestTheDashboardHasWordsForEveryReasonOfARefusal(t *testing.T) {
	relay, err := os.ReadFile("../../turnserver/turn/sighting.go")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../web/static/dashboard/strings/en.js")
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(page), "  reason: {\n")
	block, _, _ = strings.Cut(block, "\n  },")
	known := make(map[string]bool)
	for _, match := range regexp.MustCompile(`(?m)^    "?([a-z ]+)"?: `).FindAllStringSubmatch(block, -1) {
		known[match[1]] = true
	}
	reasons := regexp.MustCompile(`(?m)^\tReason\w+ += "([^"]+)"|^\t(?:stun\.C|c)ode\w+: +"([^"]+)"`).FindAllStringSubmatch(string(relay), -1)
	if len(reasons) < 20 {
		t.Fatalf("only %d reasons found: the pattern is wrong", len(reasons))
	}
	for _, match := range reasons {
		if reason := match[1] + match[2]; !known[reason] {
			t.Errorf("no words for %q", reason)
		}
	}
}
