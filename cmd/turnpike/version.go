package main

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
)

var versionCommand = command{
	name: "version",
	does: "print the version",
	help: `usage: turnpike version

Prints the version, the commit it was built from, and by which Go.
`,
	setup: func(*flag.FlagSet) func(context.Context, terminal) error {
		return func(_ context.Context, term terminal) error {
			_, err := fmt.Fprintln(term.out, version())
			return err
		}
	},
}

func version() string {
	number, revision := build()
	if revision != "" {
		revision = ", commit " + revision
	}
	return fmt.Sprintf("turnpike %s (%s/%s, %s%s)", number, runtime.GOOS, runtime.GOARCH, runtime.Version(), revision)
}

// release is the version that a package was built as (-ldflags -X).
var release string

// build is what this was built from, as far as that is known.
func build() (number, revision string) {
	number = "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Version != "" {
			number = info.Main.Version
		}
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				revision = s.Value[:min(12, len(s.Value))]
			case s.Key == "vcs.modified" && s.Value == "true":
				revision += " with changes"
			}
		}
	}
	if release != "" {
		number = release
	}
	return number, revision
}
