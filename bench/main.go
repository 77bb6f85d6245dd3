//go:build linux

// Command bench measures what relaying costs: turnpike on each of its data paths, coturn, the example server of pion, and a bare forwarder, one after
// the other, in network namespaces of its own. It needs root, Go, iproute2 and, for coturn, Debian's package.
//
//	go run ./bench                    all of it; about 10 minutes
//	go run ./bench -short             a minute; fails only if packets are lost or wrong
//	go run ./bench -scenarios 20k,idle -servers direct,coturn,turnpike-portable -rounds 5
//
// It has three threads that work: one in the namespace of clients and peers, which is the generator (package load); one in the server's, from which
// servers are started; and the main one, which waits for the other two. No lock. When it ends, in whatever way, the kernel ends the servers and removes the
// namespaces.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"

	"turnpike/bench/lab"
	"turnpike/bench/report"
)

func main() {
	o, err := parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		fmt.Print(usage)
		return
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	if err := perform(o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// perform runs the benchmark and writes what it found.
func perform(o options) error {
	if o.list {
		for _, sc := range scenarios() {
			fmt.Printf("%-12s %s\n", sc.name, sc.title())
		}
		return nil
	}
	dir, lock, err := openWork()
	if err != nil {
		return err
	}
	defer lock.Close()
	fmt.Fprintln(os.Stderr, "building")
	if err := build(dir, programs...); err != nil {
		return err
	}
	b, err := newBench(dir, o)
	if err != nil {
		return err
	}
	r := b.run(o, os.Stderr)
	fmt.Fprintln(os.Stderr)
	if err := r.WriteTable(os.Stdout); err != nil {
		return err
	}
	if err := o.write(r); err != nil {
		return err
	}
	return verdict(r)
}

func newBench(dir string, o options) (*bench, error) {
	set, trust, err := newSetting(dir)
	if err != nil {
		return nil, err
	}
	if err := moreFiles(); err != nil {
		return nil, err
	}
	meter := newMeter(o.cpus)
	l, err := lab.New(o.cpus[1], o.cpus[0])
	if err != nil {
		return nil, err
	}
	return &bench{lab: l, meter: meter, set: set, trust: trust}, nil
}

// verdict fails for what is a fault and not a figure. A slow machine is none: only short runs have rates that every server carries, and only there a lost
// packet is one. There, other servers may also be missing.
func verdict(r *report.Report) error {
	var faults []error
	for _, s := range r.Samples {
		if n := s.Values[report.Wrong]; n > 0 && ours(s.Server) {
			faults = append(faults, fmt.Errorf("%s, round %d: %s: %.0f packets were wrong or out of order", s.Scenario, s.Round, s.Server, n))
		}
		if lost := s.Values[report.Lost]; lost > 0 && r.Short && ours(s.Server) {
			faults = append(faults, fmt.Errorf("%s, round %d: %s: %.2g %% of packets were lost", s.Scenario, s.Round, s.Server, lost*100))
		}
	}
	failed := 0
	for _, f := range r.Failures {
		if !r.Short || ours(f.Server) {
			failed++
		}
	}
	if failed > 0 {
		faults = append(faults, fmt.Errorf("%d could not be measured, see above", failed))
	}
	return errors.Join(faults...)
}
