package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"time"

	"gopkg.in/yaml.v3"

	"turnpike/config"
)

var checkCommand = command{
	name: "check",
	does: "check a configuration, and print what it amounts to",
	help: `usage: turnpike check [-config FILE]

Reads a configuration as the daemon would, and the secrets and certificates it
names. If it is sound, every key is printed with its value, secrets redacted;
what is open or missing is said beside it. If not, everything that is wrong
is said at once, each with its line and key, and the exit code is 1.

  -config FILE   the configuration; without it, the defaults are printed

example:

  turnpike check -config /etc/turnpike/turnpike.yml
`,
	setup: func(flags *flag.FlagSet) func(context.Context, terminal) error {
		file := flags.String("config", "", "")
		return func(_ context.Context, term terminal) error { return check(*file, term) }
	},
}

func check(file string, term terminal) error {
	cfg, err := load(file)
	if err != nil {
		return err
	}
	if _, err := authOptions(cfg, rand.Text(), slog.New(slog.DiscardHandler)); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	enc := yaml.NewEncoder(term.out)
	enc.SetIndent(2)
	if err := errors.Join(enc.Encode(cfg), enc.Close()); err != nil {
		return fmt.Errorf("print the configuration: %w", err)
	}
	if file == "" {
		return nil
	}
	for _, w := range cfg.Warnings(time.Now()) {
		fmt.Fprintf(term.err, "%s %s: %s\n", term.err.yellow("care:"), w.Key, w.Text)
	}
	return nil
}

// load reads the configuration at file, or the defaults where there is none.
func load(file string) (*config.Config, error) {
	if file == "" {
		return config.Default(), nil
	}
	cfg, err := config.Load(file)
	var all config.Errors
	if errors.As(err, &all) && len(all) > 1 {
		return nil, fmt.Errorf("%w\n%s: %d errors", err, file, len(all))
	}
	return cfg, err
}
