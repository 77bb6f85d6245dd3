package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// The exit codes.
const (
	good   = 0
	failed = 1 // what was asked for failed
	misuse = 2 // it was asked wrongly
)

// A command is one word after turnpike.
type command struct {
	name string
	does string // one line for the list of commands
	help string // all that -h says, one screen

	// operand is the flag that each word without a dash is given to; "" where
	// no such word is taken.
	operand string

	// setup declares the flags and returns what runs once they are parsed.
	setup func(*flag.FlagSet) func(context.Context, terminal) error
}

func commands() []command {
	return []command{serveCommand, checkCommand, credentialsCommand, doctorCommand, probeCommand, conformanceCommand, sessionsCommand, disconnectCommand, drainCommand, importCommand, versionCommand}
}

const programHelp = `turnpike gets calls through NAT: relay, signaling and a call page in one daemon.

usage: turnpike [COMMAND] [FLAGS]

%s
Start it without a configuration, and open http://localhost:8080 in two windows:

  turnpike

Run it with one, or see the flags of a command:

  turnpike -config turnpike.yml
  turnpike credentials -h

'turnpike check' prints every key of the configuration, at its default.
`

// errMisuse makes run exit with 2; its text is the whole message.
type errMisuse struct{ text string }

func (e errMisuse) Error() string { return e.text }

func misusef(format string, args ...any) error {
	return errMisuse{fmt.Sprintf(format, args...)}
}

// run is the program without its process.
func run(ctx context.Context, args []string, stdout, stderr io.Writer, hangup <-chan os.Signal) int {
	term := terminal{out: style(stdout), err: style(stderr), hangup: hangup}
	err := dispatch(ctx, args, term)
	var asked errMisuse
	switch {
	case err == nil:
		return good
	case errors.As(err, &asked):
		fmt.Fprintln(stderr, err)
		return misuse
	}
	fmt.Fprintln(stderr, err)
	return failed
}

func dispatch(ctx context.Context, args []string, term terminal) error {
	cmd, args, err := choose(args)
	if err != nil {
		return err
	}
	if cmd.name == "" {
		fmt.Fprintf(term.out, programHelp, list())
		return nil
	}
	flags := newFlags(cmd.name)
	body := cmd.setup(flags)
	operands, err := parse(flags, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(term.out, cmd.help)
		return nil
	case err != nil:
		return misusef("turnpike %s: %s; see turnpike %s -h", cmd.name, err, cmd.name)
	}
	for _, word := range operands {
		if cmd.operand == "" {
			return misusef("turnpike %s: %q is one word too many; see turnpike %s -h", cmd.name, word, cmd.name)
		}
		if err := flags.Set(cmd.operand, word); err != nil {
			return misusef("turnpike %s: %s; see turnpike %s -h", cmd.name, err, cmd.name)
		}
	}
	return body(ctx, term)
}

// choose finds the command among the arguments, flags before or after it. The
// zero command stands for the help of the program.
func choose(args []string) (command, []string, error) {
	if len(args) > 0 && args[0] == "help" {
		if len(args) == 1 {
			return command{}, nil, nil
		}
		args = []string{args[1], "-h"}
	}
	if len(args) == 0 {
		return serveCommand, nil, nil
	}
	for _, cmd := range commands() {
		flags := newFlags(cmd.name)
		cmd.setup(flags)
		operands, _ := parse(flags, args)
		if len(operands) > 0 && operands[0] == cmd.name {
			return cmd, without(args, cmd.name), nil
		}
	}
	switch args[0] {
	case "-h", "-help", "--help":
		return command{}, nil, nil
	case "-version", "--version":
		return versionCommand, args[1:], nil
	}
	if strings.HasPrefix(args[0], "-") {
		return serveCommand, args, nil
	}
	if near := nearest(args[0]); near != "" {
		return command{}, nil, misusef("turnpike: unknown command %q; did you mean %s?", args[0], near)
	}
	return command{}, nil, misusef("turnpike: unknown command %q; see turnpike -h", args[0])
}

func newFlags(name string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	return flags
}

// parse takes flags before, between and after the operands.
func parse(flags *flag.FlagSet, args []string) (operands []string, err error) {
	for {
		if err := flags.Parse(args); err != nil {
			return operands, err
		}
		if flags.NArg() == 0 {
			return operands, nil
		}
		operands = append(operands, flags.Arg(0))
		args = flags.Args()[1:]
	}
}

func without(args []string, word string) (rest []string) {
	for i, arg := range args {
		if arg == word {
			return append(rest, args[i+1:]...)
		}
		rest = append(rest, arg)
	}
	return rest
}

func list() string {
	var b strings.Builder
	for _, cmd := range commands() {
		fmt.Fprintf(&b, "  %-14s %s\n", cmd.name, cmd.does)
	}
	return b.String()
}

// nearest is the command that begins and ends most like a word, if at least
// half of the word is like it.
func nearest(word string) (name string) {
	best := (len(word) + 1) / 2
	for _, cmd := range commands() {
		if n := likeness(word, cmd.name); n >= best {
			best, name = n, cmd.name
		}
	}
	return name
}

// likeness counts the letters that two words share at their ends.
func likeness(a, b string) (n int) {
	short := min(len(a), len(b))
	for n < short && a[n] == b[n] {
		n++
	}
	for m := 1; n < short && a[len(a)-m] == b[len(b)-m]; m++ {
		n++
	}
	return n
}
