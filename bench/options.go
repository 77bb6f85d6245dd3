//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"turnpike/bench/report"
)

type options struct {
	servers   []server
	scenarios []scenario
	rounds    int
	duration  time.Duration
	reference string
	cpus      [2]int // of the server, and of the generator
	short     bool
	list      bool
	json, svg string
	doc       string
}

const usage = `usage: go run ./bench [flags]        as root

Measures relays against each other, in network namespaces of its own.

  -scenarios LIST     which, separated by commas; all if empty
  -list               print them
  -servers LIST       direct, floor, turnpike-PATH, coturn, pion, and those of
                      -server; all if empty
  -datapaths LIST     of turnpike (portable,batched)
  -server NAME=PATH   another coturn; or NAME=PATH ARGUMENTS…, any other server,
                      with {{.IP4}} {{.IP6}} {{.Port}} {{.TLSPort}} {{.Realm}}
                      {{.Secret}} {{.Cert}} {{.Key}} {{.Dir}}; may be repeated
  -coturn PATH        of Debian's coturn (turnserver)
  -rounds N           how often each is measured (3)
  -seconds S          how long each time (2)
  -cpus A,B           of the server, and of the generator; take two cores
                      (the first two CPUs)
  -short              for tests: one short round at rates that every server
                      carries; fails only if turnpike loses or alters packets
  -json FILE          write all figures
  -svg FILE           write the chart
  -doc DIR            write performance.md and performance.svg

example:

  go run ./bench -scenarios 20k,max-172 -servers direct,coturn,turnpike-portable
`

// The reference is the server that others are compared with.
const reference = "coturn"

func parse(args []string) (o options, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // errors are printed by main, once
	scenarioNames := flags.String("scenarios", "", "")
	serverNames := flags.String("servers", "", "")
	datapaths := flags.String("datapaths", "portable,batched", "")
	binary := flags.String("coturn", "turnserver", "")
	seconds := flags.Float64("seconds", 2, "")
	cpus := flags.String("cpus", "", "")
	var foreigners []server
	flags.Func("server", "", func(s string) error {
		f, err := foreign(s)
		foreigners = append(foreigners, f)
		return err
	})
	flags.IntVar(&o.rounds, "rounds", 3, "")
	flags.BoolVar(&o.short, "short", false, "")
	flags.BoolVar(&o.list, "list", false, "")
	flags.StringVar(&o.json, "json", "", "")
	flags.StringVar(&o.svg, "svg", "", "")
	flags.StringVar(&o.doc, "doc", "", "")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("%q is one word too many; see -h", flags.Arg(0))
	}
	o.reference = reference
	if o.short {
		o.rounds, *seconds = 1, 0.5
	}
	o.duration = time.Duration(*seconds * float64(time.Second))
	if o.rounds < 1 || o.duration < 50*time.Millisecond {
		return o, errors.New("at least one round, of 0.05 seconds")
	}
	all := []server{direct, floor}
	for _, p := range words(*datapaths) {
		all = append(all, turnpike(p))
	}
	all = append(append(all, coturn(reference, *binary), pion), foreigners...)
	if o.servers, err = choose(all, func(s server) string { return s.name }, *serverNames); err != nil {
		return o, err
	}
	list := scenarios()
	if o.scenarios, err = choose(list, func(s scenario) string { return s.name }, *scenarioNames); err != nil {
		return o, err
	}
	o.scenarios = o.fit(o.scenarios)
	if *cpus == "" {
		o.cpus, err = twoCPUs()
	} else if _, err = fmt.Sscanf(*cpus, "%d,%d", &o.cpus[0], &o.cpus[1]); err != nil {
		err = fmt.Errorf("-cpus %s: write two numbers, such as 0,2", *cpus)
	}
	return o, err
}

// fit gives the scenarios their duration.
func (o options) fit(all []scenario) (fitting []scenario) {
	for _, sc := range all {
		ok := true
		if o.short {
			sc, ok = sc.short()
		}
		sc.load.Duration = o.duration
		if ok {
			fitting = append(fitting, sc)
		}
	}
	return fitting
}

func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

// choose takes those that are named, in their own order; all if none is.
func choose[T any](all []T, name func(T) string, list string) (chosen []T, err error) {
	wanted := words(list)
	if len(wanted) == 0 {
		return all, nil
	}
	var known []string
	for _, v := range all {
		known = append(known, name(v))
		if slices.Contains(wanted, name(v)) {
			chosen = append(chosen, v)
		}
	}
	for _, w := range wanted {
		if !slices.Contains(known, w) {
			return nil, fmt.Errorf("there is no %q; there are %s", w, strings.Join(known, ", "))
		}
	}
	return chosen, nil
}

// ours tells whether a fault of the server is a fault of this project, or of the benchmark.
func ours(name string) bool { return name == report.Direct || strings.HasPrefix(name, "turnpike-") }

// write writes the files that were asked for.
func (o options) write(r *report.Report) error {
	files := map[string]func(*os.File) error{
		o.json: func(f *os.File) error { return r.WriteJSON(f) },
		o.svg:  func(f *os.File) error { return r.WriteChart(f) },
	}
	if o.doc != "" {
		files[filepath.Join(o.doc, "performance.md")] = func(f *os.File) error { return r.WriteDocument(f) }
		files[filepath.Join(o.doc, "performance.svg")] = func(f *os.File) error { return r.WriteChart(f) }
	}
	delete(files, "")
	for name, write := range files {
		f, err := os.Create(name)
		if err != nil {
			return err
		}
		if err := errors.Join(write(f), f.Close()); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}
