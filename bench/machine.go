//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"turnpike/bench/report"
)

func describeMachine(m *meter) report.Machine {
	return report.Machine{
		CPU: cpuModel(), CPUs: runtime.NumCPU(), Shared: oneCore(m.cpus), Kernel: release(), System: system(), Go: runtime.Version(),
		Load: [2]float64{loadAverage()}, IRQTime: m.irqTime,
	}
}

func cpuModel() string {
	b, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(b)) {
		if name, model, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(model)
		}
	}
	return runtime.GOARCH
}

func system() string {
	b, _ := os.ReadFile("/etc/os-release")
	for line := range strings.Lines(string(b)) {
		if name, ok := strings.CutPrefix(line, "PRETTY_NAME="); ok {
			return strings.Trim(strings.TrimSpace(name), `"`)
		}
	}
	return "Linux"
}

func loadAverage() float64 {
	b, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(b), " ")
	v, _ := strconv.ParseFloat(first, 64)
	return v
}

// oneCore tells whether the two CPUs are threads of one core, which then is shared by server and generator.
func oneCore(cpus [2]int) bool {
	siblings := func(cpu int) string {
		b, _ := os.ReadFile(fmt.Sprintf("/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu))
		return strings.TrimSpace(string(b))
	}
	a, b := siblings(cpus[0]), siblings(cpus[1])
	return cpus[0] == cpus[1] || a != "" && a == b
}

// version is that of a coturn, which says it in the last word.
func version(s server) string {
	if len(s.words) == 0 || filepath.Base(s.words[0]) != "turnserver" {
		return ""
	}
	out, _ := exec.Command(s.words[0], "--version").Output()
	words := strings.Fields(string(out))
	if len(words) == 0 {
		return ""
	}
	return ", version " + words[len(words)-1]
}
