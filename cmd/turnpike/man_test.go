package main

import (
	"flag"
	"regexp"
	"slices"
	"testing"
)

// The manual and the completion of shells are made from these texts.
func TestHelpNamesTheFlagsThatThereAreAndNoOthers(t *testing.T) {
	named := regexp.MustCompile(`(?m)^  -([a-z-]+)`)
	for _, cmd := range commands() {
		flags := newFlags(cmd.name)
		cmd.setup(flags)
		var declared, said []string
		flags.VisitAll(func(f *flag.Flag) {
			if f.Name != cmd.operand {
				declared = append(declared, f.Name)
			}
		})
		for _, m := range named.FindAllStringSubmatch(cmd.help, -1) {
			said = append(said, m[1])
		}
		slices.Sort(said)
		if !slices.Equal(declared, said) {
			t.Errorf("turnpike %s has the flags %v, and its help names %v", cmd.name, declared, said)
		}
	}
}
