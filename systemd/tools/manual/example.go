package main

import (
	"fmt"
	"regexp"
	"strings"
)

// A key of the configuration, with its comments and its default.
type key struct {
	path, value, text string
}

var (
	keyLine     = regexp.MustCompile(`^( *)([a-z0-9_]+):(?: +([^ #].*?))?(?: +# (.*))?$`)
	commentLine = regexp.MustCompile(`^( *)# ?(.*)$`)
)

// parseExample reads the lines of a configuration. A comment belongs to the key below it; one
// that stands deeper than the keys goes on with the comment beside the key above.
func parseExample(text string) (list []key, err error) {
	var parents []string
	var above []string
	number, aside := 0, 0 // aside is the column of the last comment beside a key
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, "\n")
		if line == "" {
			above, aside = nil, 0
			continue
		}
		if m := commentLine.FindStringSubmatch(line); m != nil {
			if aside > 0 && len(m[1]) == aside {
				list[len(list)-1].text += " " + m[2]
			} else {
				above = append(above, m[2])
			}
			continue
		}
		m := keyLine.FindStringSubmatch(line)
		if m == nil || len(m[1])/2 > len(parents) {
			return nil, fmt.Errorf("line %d is no key: %q", number, line)
		}
		parents = append(parents[:len(m[1])/2], m[2])
		k := key{path: strings.Join(parents, "."), value: m[3], text: strings.Join(append(above, m[4]), " ")}
		k.text = strings.TrimSpace(k.text)
		list = append(list, k)
		above, aside = nil, 0
		if m[4] != "" {
			aside = strings.Index(line, "# "+m[4])
		}
	}
	return list, nil
}
