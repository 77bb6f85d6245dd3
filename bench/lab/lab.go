//go:build linux

// Package lab is the network of the benchmark: one namespace with the clients and peers, one with the server, a veth pair between them, on the networks
// that RFC 2544 and RFC 5180 set aside for benchmarks.
//
//	clients  198.18.0.2  2001:2::2 ---- veth ---- 198.18.0.1  2001:2::1  server
//	         198.18.64.0/18, 2001:2:0:c::/64 are clients,
//	         198.18.128.0/18, 2001:2:0:d::/64 are peers    198.18.192.0/18, 2001:2:0:e::/64 are peers without a relay
//
// The namespaces have no names. The kernel removes them, the veth pair and the processes in them when this process ends, in whatever way. Each
// namespace has a goroutine locked to a thread, which ends with the process too.
package lab

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// The addresses of the server.
var (
	Server4 = netip.MustParseAddr("198.18.0.1")
	Server6 = netip.MustParseAddr("2001:2::1")
)

// A Plan is where clients and peers are, of one family.
type Plan struct {
	Clients netip.Prefix
	Peers   netip.Prefix
	Near    netip.Prefix // peers on the server's side of the veth pair, for packets without a relay
}

// The plans.
var (
	IPv4 = Plan{netip.MustParsePrefix("198.18.64.0/18"), netip.MustParsePrefix("198.18.128.0/18"), netip.MustParsePrefix("198.18.192.0/18")}
	IPv6 = Plan{netip.MustParsePrefix("2001:2:0:c::/64"), netip.MustParsePrefix("2001:2:0:d::/64"), netip.MustParsePrefix("2001:2:0:e::/64")}
)

// A Lab is the two namespaces.
type Lab struct{ Clients, Server *Namespace }

// New builds the lab. Threads on the clients' side run on one CPU, those and the processes on the server's side on the other.
func New(clientCPU, serverCPU int) (*Lab, error) {
	if err := pinProcess(clientCPU); err != nil {
		return nil, err
	}
	clients, err := newNamespace(clientCPU)
	if err != nil {
		return nil, err
	}
	server, err := newNamespace(serverCPU)
	if err != nil {
		return nil, err
	}
	l := &Lab{clients, server}
	pair := fmt.Sprintf("link add bench0 type veth peer name bench0 netns /proc/%d/fd/%d", os.Getpid(), server.file.Fd())
	if err := clients.Do(func() error { return batch(pair) }); err != nil {
		return nil, err
	}
	if err := clients.Do(func() error {
		return equip("198.18.0.2/24", "2001:2::2/64", IPv4.Clients, IPv4.Peers, IPv6.Clients, IPv6.Peers)
	}); err != nil {
		return nil, fmt.Errorf("the clients' namespace: %w", err)
	}
	if err := server.Do(func() error { return equip("198.18.0.1/24", "2001:2::1/64", IPv4.Near, IPv6.Near) }); err != nil {
		return nil, fmt.Errorf("the server's namespace: %w", err)
	}
	if err := clients.Do(func() error { return route("198.18.0.1", "2001:2::1", IPv4.Near, IPv6.Near) }); err != nil {
		return nil, err
	}
	return l, server.Do(func() error {
		return route("198.18.0.2", "2001:2::2", IPv4.Clients, IPv4.Peers, IPv6.Clients, IPv6.Peers)
	})
}

// Tracked tells how many flows netfilter tracks in the server's namespace. New namespaces have no rules and track nothing; if this one does, its
// figures are those of conntrack.
func (l *Lab) Tracked() (n int) {
	_ = l.Server.Do(func() error {
		b, err := os.ReadFile("/proc/sys/net/netfilter/nf_conntrack_count")
		if err == nil {
			n, err = strconv.Atoi(strings.TrimSpace(string(b)))
		}
		return err
	})
	return n
}

// equip brings up one end of the pair. All addresses of the local networks are its own.
func equip(v4, v6 string, local ...netip.Prefix) error {
	for key, value := range map[string]string{
		"ipv4/conf/all/rp_filter": "0", "ipv4/conf/bench0/rp_filter": "0", // clients' addresses are not those of the interface
		"ipv6/conf/all/disable_ipv6": "0", "ipv6/conf/bench0/disable_ipv6": "0", "ipv6/conf/bench0/accept_dad": "0",
	} {
		if err := os.WriteFile(filepath.Join("/proc/sys/net", key), []byte(value), 0); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	// With the offload, packets would carry no checksum, which no NIC delivers.
	if err := noTxChecksum("bench0"); err != nil {
		return err
	}
	lines := []string{"link set lo up", "link set bench0 mtu 1500 up", "addr add " + v4 + " dev bench0", "addr add " + v6 + " dev bench0 nodad"}
	for _, p := range local {
		lines = append(lines, "route add local "+p.String()+" dev lo")
	}
	return batch(lines...)
}

func route(via4, via6 string, networks ...netip.Prefix) error {
	var lines []string
	for _, p := range networks {
		via := via4
		if p.Addr().Is6() {
			via = via6
		}
		lines = append(lines, "route add "+p.String()+" via "+via)
	}
	return batch(lines...)
}

// batch runs lines of iproute2.
func batch(lines ...string) error {
	cmd := exec.Command("ip", "-batch", "-")
	cmd.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("ip: %w: %s", err, strings.TrimSpace(string(out)))
	}
	return nil
}

// A Namespace is a network namespace with a thread in it.
type Namespace struct {
	file *os.File
	work chan func()
}

func newNamespace(cpu int) (*Namespace, error) {
	n := &Namespace{work: make(chan func())}
	began := make(chan error)
	go func() {
		runtime.LockOSThread() // for good: such a thread is of no use to others
		err := unix.Unshare(unix.CLONE_NEWNET)
		if err != nil {
			began <- fmt.Errorf("a network namespace: %w (this needs root)", err)
			return
		}
		if err = pin(0, cpu); err == nil {
			n.file, err = os.Open("/proc/thread-self/ns/net")
		}
		// Ticks come when they are asked for, not 50 µs later.
		_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1000, 0, 0, 0)
		began <- err
		if err != nil {
			return
		}
		for do := range n.work {
			do()
		}
	}()
	return n, <-began
}

// Do runs a function in the namespace, on its thread. Processes started there stay there.
func (n *Namespace) Do(do func() error) error {
	done := make(chan error)
	n.work <- func() { done <- do() }
	return <-done
}

// pinProcess keeps this process, such as its garbage collector, away from the server's CPU.
func pinProcess(cpu int) error {
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, task := range tasks {
		id, _ := strconv.Atoi(task.Name())
		if err := pin(id, cpu); err != nil && !errors.Is(err, unix.ESRCH) {
			return err
		}
	}
	return nil
}

func pin(task, cpu int) error {
	var set unix.CPUSet
	set.Set(cpu)
	if err := unix.SchedSetaffinity(task, &set); err != nil {
		return fmt.Errorf("run on CPU %d: %w", cpu, err)
	}
	return nil
}
