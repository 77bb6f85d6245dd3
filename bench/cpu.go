//go:build linux

package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// A meter reads what CPU was used, of the two CPUs that count.
type meter struct {
	cpus    [2]int
	threads []string // schedstat files of the kernel's own threads
	irqTime bool     // the kernel takes the time of interrupts from whom they interrupt
}

func newMeter(cpus [2]int) *meter {
	m := &meter{cpus: cpus, irqTime: countsIRQTime()}
	names, _ := filepath.Glob("/proc/[0-9]*/comm")
	for _, name := range names {
		comm, _ := os.ReadFile(name)
		for _, cpu := range cpus {
			if strings.TrimSpace(string(comm)) == fmt.Sprintf("ksoftirqd/%d", cpu) {
				m.threads = append(m.threads, filepath.Join(filepath.Dir(name), "schedstat"))
			}
		}
	}
	return m
}

// A reading is of one moment.
type reading struct {
	server, kernel, steal time.Duration
	at                    time.Time
}

// read reads all; pid 0 is no server.
func (m *meter) read(pid int) (r reading) {
	r.at = time.Now()
	if pid != 0 {
		tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
		for _, t := range tasks {
			r.server += schedstat(t)
		}
	}
	for _, t := range m.threads {
		r.kernel += schedstat(t)
	}
	irq, steal := m.stat()
	if m.irqTime {
		r.kernel += irq
	}
	r.steal = steal
	return r
}

// schedstat is the time on a CPU, in ns, the first of three figures.
func schedstat(file string) time.Duration {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0 // the thread has ended
	}
	first, _, _ := strings.Cut(string(b), " ")
	ns, _ := strconv.ParseInt(first, 10, 64)
	return time.Duration(ns)
}

// stat reads what the two CPUs spent in interrupts, and what the host took from them, in steps of 10 ms.
func (m *meter) stat() (irq, steal time.Duration) {
	b, _ := os.ReadFile("/proc/stat")
	for line := range strings.Lines(string(b)) {
		f := strings.Fields(line)
		for _, cpu := range m.cpus {
			if len(f) > 8 && f[0] == fmt.Sprintf("cpu%d", cpu) {
				irq += jiffies(f[6]) + jiffies(f[7])
				steal += jiffies(f[8])
			}
		}
	}
	return irq, steal
}

func jiffies(s string) time.Duration {
	n, _ := strconv.Atoi(s)
	return time.Duration(n) * 10 * time.Millisecond
}

// countsIRQTime reads it from the kernel's configuration. Where that cannot be read, the usual is believed.
func countsIRQTime() bool {
	const key = "CONFIG_IRQ_TIME_ACCOUNTING=y"
	if f, err := os.Open("/proc/config.gz"); err == nil {
		defer f.Close()
		if z, err := gzip.NewReader(f); err == nil {
			b, _ := io.ReadAll(z)
			return bytes.Contains(b, []byte(key))
		}
	}
	b, _ := os.ReadFile("/boot/config-" + release())
	return bytes.Contains(b, []byte(key))
}

func release() string {
	var u unix.Utsname
	_ = unix.Uname(&u)
	return unix.ByteSliceToString(u.Release[:])
}

// twoCPUs are the first two that this process may run on; on a machine with one, twice that.
func twoCPUs() (cpus [2]int, err error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		return cpus, err
	}
	n := 0
	for cpu := 0; cpu < len(set)*64 && n < 2; cpu++ {
		if set.IsSet(cpu) {
			cpus[n] = cpu
			n++
		}
	}
	if n == 1 {
		cpus[1] = cpus[0]
	}
	return cpus, nil
}
