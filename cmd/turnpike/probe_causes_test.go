package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"turnpike/probe"
)

// TestPageAndCommandKnowTheSameCauses: who reads one has to find the other's words again.
func TestPageAndCommandKnowTheSameCauses(t *testing.T) {
	text, err := os.ReadFile("../../web/static/test/causes.js")
	if err != nil {
		t.Fatal(err)
	}
	list := regexp.MustCompile(`(?s)export const causes = [^\[]*\[(.*?)\]`).FindSubmatch(text)
	if list == nil {
		t.Fatal("the page has no list of causes")
	}
	var page, command []string
	for _, name := range regexp.MustCompile(`['"]([a-z-]+)['"]`).FindAllSubmatch(list[1], -1) {
		page = append(page, string(name[1]))
	}
	for _, c := range probe.Causes {
		command = append(command, string(c))
	}
	slices.Sort(page)
	slices.Sort(command)
	if !slices.Equal(page, command) {
		t.Errorf("the page:    %v\nthe command: %v", page, command)
	}
}

// TestPageAndCommandSayTheSame: the longest piece of each sentence, between figures and stops, is word for word the same.
func TestPageAndCommandSayTheSame(t *testing.T) {
	text, err := os.ReadFile("../../web/static/test/strings/en.js")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	figure := regexp.MustCompile(`[§\d.,:;]+|s behind`)
	for _, c := range probe.Causes {
		v := probe.Say(c, probe.Figures{Host: "§", Port: 1, Address: "§", Other: "§", Via: "§", Limit: 1})
		for _, text := range []string{v.Sentence, v.Do} {
			longest := ""
			for _, part := range figure.Split(text, -1) {
				if len(part) > len(longest) {
					longest = strings.TrimSpace(part)
				}
			}
			if !strings.Contains(page, longest) {
				t.Errorf("%s: the page does not say %q", c, longest)
			}
		}
	}
}
