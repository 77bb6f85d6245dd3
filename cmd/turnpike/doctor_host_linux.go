package main

import (
	"bufio"
	"context"
	"fmt"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// lookAtClock: signed user names carry a time, so a clock that is wrong refuses
// everybody, or nobody.
func lookAtClock(_ context.Context, p *patient, n *notes) {
	const mend = "timedatectl set-ntp true   # or install chrony"
	now := time.Now()
	if built := buildTime(); now.Before(built) {
		n.bad(mend, "the clock says %s, before this program was built (%s)", now.Format(time.DateTime), built.Format(time.DateTime))
		return
	}
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	switch {
	case err != nil:
		n.unseen("timedatectl", "the kernel does not tell whether the clock is kept right: %s", err)
	case state == unix.TIME_ERROR || t.Status&unix.STA_UNSYNC != 0:
		n.care(mend, "the clock says %s, and nothing keeps it right (by what the kernel knows); credentials end by it", now.Format(time.DateTime))
	default:
		n.good("the clock is kept right, to within %s", (time.Duration(t.Maxerror) * time.Microsecond).Round(time.Millisecond))
	}
}

// buildTime is that of the commit, where it is known.
func buildTime() time.Time {
	first := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	info, _ := debug.ReadBuildInfo()
	if info == nil {
		return first
	}
	for _, s := range info.Settings {
		if t, err := time.Parse(time.RFC3339, s.Value); s.Key == "vcs.time" && err == nil && t.After(first) {
			return t
		}
	}
	return first
}

// lookAtFiles compares the limit of open files with what the configuration may take.
func lookAtFiles(_ context.Context, p *patient, n *notes) {
	limit, whose := openFiles(p)
	if limit == 0 {
		n.unseen("", "how many files may be open is not known")
		return
	}
	allocations := p.relayPorts() * max(1, len(p.relays()))
	if most := p.cfg.Turn.Limits.Allocations; most > 0 {
		allocations = min(allocations, most)
	}
	// A relay socket, and over TCP the client's own; then the web's connections, and sessions as many as signaling takes.
	const sessions, others = 10000, 200
	need := 2*allocations + p.cfg.HTTP.Connections + sessions + others
	mend := fmt.Sprintf("LimitNOFILE=%d in the unit (systemctl edit turnpike); in a shell: ulimit -n %[1]d", roundUp(need))
	switch {
	case limit < 2*min(allocations, 500)+others:
		n.bad(mend, "%s may have %d open files, which is enough for some %d allocations", whose, limit, max(0, (limit-others)/2))
	case limit < need:
		n.care(mend, "%s may have %d open files; with all %d relay ports in use over TCP it needs %d", whose, limit, allocations, need)
	default:
		n.good("%s may have %d open files, of which it needs %d at most", whose, limit, need)
	}
}

func roundUp(n int) int { return 1 << int(math.Ceil(math.Log2(float64(n)))) }

// openFiles is the hard limit, to which Go raises the other.
func openFiles(p *patient) (limit int, whose string) {
	whose = "the daemon"
	dir := p.process()
	if dir == "proc/self" {
		whose = "what is started here (the unit has limits of its own)"
	}
	for line := range strings.Lines(p.read(dir + "/limits")) {
		if rest, ok := strings.CutPrefix(line, "Max open files"); ok {
			if fields := strings.Fields(rest); len(fields) >= 2 {
				limit, _ = strconv.Atoi(fields[1])
			}
		}
	}
	return limit, whose
}

// wantedBuffer is what the relay asks for, for each of its sockets.
const wantedBuffer = 4 << 20

// lookAtReceiveBuffer: what arrives while the process does something else waits in
// there, or is lost.
func lookAtReceiveBuffer(_ context.Context, p *patient, n *notes) {
	most, ok := p.number("proc/sys/net/core/rmem_max")
	mend := fmt.Sprintf("sysctl -w net.core.rmem_max=%d   # and in /etc/sysctl.d/turnpike.conf", wantedBuffer)
	switch {
	case !ok:
		n.unseen("", "how large a receive buffer may be is told in the host's own network namespace only")
	case most < wantedBuffer:
		n.care(mend, "a socket gets a receive buffer of %d kB, and the relay asks for %d kB: bursts are lost", most/1000, wantedBuffer/1000)
	default:
		n.good("sockets get the receive buffer that the relay asks for (%d kB)", wantedBuffer/1000)
	}
	udp := counters(p.read(p.process()+"/net/snmp"), "Udp:")
	lost, in := udp["RcvbufErrors"], udp["InDatagrams"]
	switch {
	case udp == nil:
	case lost == 0:
		n.good("no datagram was lost for want of a receive buffer since this host started")
	default:
		n.care(mend+"; or more cores", "%d datagrams (%.2g %%) were lost for want of a receive buffer since this host started, by whichever program", lost, 100*float64(lost)/float64(lost+in))
	}
}

// counters reads a table of /proc/net/snmp: a line of names, and one of values.
func counters(text, table string) map[string]uint64 {
	var names []string
	for sc := bufio.NewScanner(strings.NewReader(text)); sc.Scan(); {
		fields := strings.Fields(sc.Text())
		if len(fields) == 0 || fields[0] != table {
			continue
		}
		if names == nil {
			names = fields
			continue
		}
		values := make(map[string]uint64)
		for i := 1; i < min(len(names), len(fields)); i++ {
			values[names[i]], _ = strconv.ParseUint(fields[i], 10, 64)
		}
		return values
	}
	return nil
}

// lookAtLocalPorts: programs that connect to somewhere get a port of this range.
func lookAtLocalPorts(_ context.Context, p *patient, n *notes) {
	fields := strings.Fields(p.read("proc/sys/net/ipv4/ip_local_port_range"))
	if len(fields) != 2 {
		n.unseen("", "the range of local ports is not known")
		return
	}
	low, _ := strconv.Atoi(fields[0])
	high, _ := strconv.Atoi(fields[1])
	ports := p.cfg.Turn.Relay.Ports
	low, high = max(low, ports.Min), min(high, ports.Max)
	switch {
	case low > high:
		n.good("the kernel gives no relay port (%s) to other programs", ports)
	case reserves(p.read("proc/sys/net/ipv4/ip_local_reserved_ports"), low, high):
		n.good("relay ports %s are reserved (net.ipv4.ip_local_reserved_ports)", ports)
	default:
		n.care(fmt.Sprintf("sysctl -w net.ipv4.ip_local_reserved_ports=%s   # and in /etc/sysctl.d/turnpike.conf", ports),
			"the kernel gives ports %d-%d, which are relay ports, to other programs too; the relay then takes another one", low, high)
	}
}

// reserves tells whether a list such as 8080,49152-65535 holds all of a range.
func reserves(list string, low, high int) bool {
	for changed := true; changed && low <= high; {
		changed = false
		for part := range strings.SplitSeq(list, ",") {
			a, b, isRange := strings.Cut(strings.TrimSpace(part), "-")
			from, err := strconv.Atoi(a)
			to := from
			if isRange {
				to, _ = strconv.Atoi(b)
			}
			if err == nil && from <= low && low <= to {
				low, changed = to+1, true
			}
		}
	}
	return low > high
}

// lookAtConntrack: each pair of peer and relay is an entry, both ways.
func lookAtConntrack(_ context.Context, p *patient, n *notes) {
	most, ok := p.number("proc/sys/net/netfilter/nf_conntrack_max")
	count, _ := p.number("proc/sys/net/netfilter/nf_conntrack_count")
	if !ok {
		n.good("the firewall tracks no connections")
		return
	}
	// A client, and two peer addresses or so, for each allocation.
	want := 3 * p.relayPorts()
	if limit := p.cfg.Turn.Limits.Allocations; limit > 0 {
		want = min(want, 3*limit)
	}
	mend := fmt.Sprintf("sysctl -w net.netfilter.nf_conntrack_max=%d   # and in /etc/sysctl.d/turnpike.conf\nor leave the relay out: nft add rule … udp dport %s notrack, and udp sport", roundUp(max(want, 2*most)), p.cfg.Turn.Relay.Ports)
	switch {
	case 10*count > 9*most:
		n.bad(mend, "the table of tracked connections is full: %d of %d; what does not fit is dropped", count, most)
	case most < want:
		n.care(mend, "the table of tracked connections has %d places (%d in use); with every relay port in use it takes some %d", most, count, want)
	default:
		n.good("the table of tracked connections has %d places, %d in use", most, count)
	}
}

// lookAtDataPath says how packets go, and whether the kernel would take programs
// that shorten the way.
func lookAtDataPath(_ context.Context, p *patient, n *notes) {
	var name unix.Utsname
	release := "unknown"
	if unix.Uname(&name) == nil {
		release = unix.ByteSliceToString(name.Release[:])
	}
	lacks := ""
	if _, err := statIn(p.root, "sys/kernel/btf/vmlinux"); err != nil {
		lacks = ", without type information (BTF)"
	}
	if !mayBPF(p) {
		lacks += ", without CAP_BPF and CAP_NET_ADMIN"
	}
	n.good("packets go through the sockets of the process, in %d shards; kernel %s%s", runtime.GOMAXPROCS(0), release, lacks)
}

// mayBPF looks at the capabilities of the daemon, or of this process.
func mayBPF(p *patient) bool {
	for line := range strings.Lines(p.read(p.process() + "/status")) {
		if text, ok := strings.CutPrefix(line, "CapEff:"); ok {
			caps, _ := strconv.ParseUint(strings.TrimSpace(text), 16, 64)
			const both = 1<<unix.CAP_BPF | 1<<unix.CAP_NET_ADMIN
			return caps&both == both
		}
	}
	return os.Geteuid() == 0
}
