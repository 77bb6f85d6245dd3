// Command manual writes what a package has beside the program: the manual pages
// turnpike(1) and turnpike.yml(5), and completion for bash, zsh and fish. All of it is
// made from what the program itself says of its commands, and from the example
// configuration with its comments.
//
//	manual -program FILE -example FILE [-version TEXT] DIR
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	program := flag.String("program", "", "turnpike, built for this host")
	example := flag.String("example", "", "the configuration with every key at its default")
	version := flag.String("version", "", "shown in the pages")
	flag.Parse()
	if flag.NArg() != 1 || *program == "" || *example == "" {
		fmt.Fprintln(os.Stderr, "usage: manual -program FILE -example FILE [-version TEXT] DIR")
		os.Exit(2)
	}
	if err := write(flag.Arg(0), *program, *example, *version); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func write(dir, program, example, version string) error {
	commands, err := ask(program)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(example)
	if err != nil {
		return fmt.Errorf("read the example: %w", err)
	}
	keys, err := parseExample(string(text))
	if err != nil {
		return fmt.Errorf("%s: %w", example, err)
	}
	var all []error
	for name, text := range map[string]string{
		"turnpike.1":     commandPage(commands, version),
		"turnpike.yml.5": configPage(keys, version),
		"turnpike.bash":  bash(commands),
		"_turnpike":      zsh(commands),
		"turnpike.fish":  fish(commands),
	} {
		all = append(all, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	return errors.Join(all...)
}
