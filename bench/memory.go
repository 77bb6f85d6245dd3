//go:build linux

package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// residentKB is the resident memory of a process.
func residentKB(pid int) (float64, error) {
	file := fmt.Sprintf("/proc/%d/status", pid)
	b, err := os.ReadFile(file)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "VmRSS:" {
			return strconv.ParseFloat(f[1], 64)
		}
	}
	return 0, fmt.Errorf("%s has no VmRSS", file)
}

// slabKB is the memory of the kernel's objects in use, of the whole machine. The pages that they lie in, which /proc/meminfo tells of, would not do: those
// that the server before has left are used again.
func slabKB() (float64, error) {
	b, err := os.ReadFile("/proc/slabinfo")
	if err != nil {
		return 0, err
	}
	return parseSlabinfo(string(b))
}

// parseSlabinfo adds up the lines: name, objects in use, objects, bytes of one, and more.
func parseSlabinfo(text string) (kb float64, err error) {
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 4 || f[0] == "#" || f[0] == "slabinfo" {
			continue
		}
		n, err1 := strconv.ParseFloat(f[1], 64)
		size, err2 := strconv.ParseFloat(f[3], 64)
		if err := errors.Join(err1, err2); err != nil {
			return 0, fmt.Errorf("/proc/slabinfo: %s: %w", f[0], err)
		}
		kb += n * size / 1024
	}
	if kb == 0 {
		return 0, errors.New("/proc/slabinfo is empty")
	}
	return kb, nil
}
