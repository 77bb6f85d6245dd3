package report

import (
	"fmt"
	"io"
	"strings"
)

// WriteDocument writes the page for the docs. The chart is expected beside it.
func (r *Report) WriteDocument(w io.Writer) error {
	var b strings.Builder
	m := r.Machine
	fmt.Fprintf(&b, `# Performance

What a relay costs, and how that was measured. This page and its chart are written by

    # go run ./bench -doc docs

which anybody with root on Debian can run; `+"`go run ./bench -h`"+` lists its flags. It takes %s.

![CPU that each relay adds to a packet](performance.svg)

## What was measured, and on what

`, minutes(r.Took))
	for _, s := range r.Servers {
		fmt.Fprintf(&b, "- **%s**: %s\n", s.Name, s.What)
	}
	fmt.Fprintf(&b, `
On %s with %s: %s, %s, Linux %s, built with %s. %s of %g s for each line. The load average was %.1f before and %.1f after.
`, r.Began.Format("2 January 2006"), cpus(m), m.CPU, m.System, m.Kernel, m.Go, rounds(r.Rounds), r.Seconds, m.Load[0], m.Load[1])
	for _, line := range append(r.caveats(), r.disturbed()...) {
		fmt.Fprintf(&b, "\n%s\n", sentence(line))
	}
	b.WriteString(`
**Compare ratios.** Microseconds are those of this machine on this day; the ratio to ` + r.Reference + ` of the same round holds elsewhere, as far as anything does.
Figures are medians, with the smallest and largest in brackets. A difference smaller than that spread is none.
`)
	for _, kind := range []Kind{Traffic, Setup, Idle} {
		first := true
		for _, s := range r.Scenarios {
			rows := r.rows(s)
			if s.Kind != kind || len(rows) == 1 {
				continue
			}
			if first {
				fmt.Fprintf(&b, "\n## %s\n", headings[kind])
				first = false
			}
			fmt.Fprintf(&b, "\n### %s\n\n", capital(s.Title))
			markdownTable(&b, rows)
		}
	}
	b.WriteString(method)
	_, err := io.WriteString(w, b.String())
	return err
}

var headings = map[Kind]string{Traffic: "Relaying", Setup: "Setting up", Idle: "Memory"}

const method = `
` + boundNote + `.

## How it is measured

Two network namespaces are joined by a veth pair: in one are the clients and their peers, in the other is the server. There is no other traffic and
no firewall rule; reverse path filtering is off; the checksum offload of veth is off, so that packets carry checksums as on a wire.

Every client has an address of its own, credentials of its own by the shared secret, one allocation, one permission and one channel; every peer has an
address of its own. Half of the packets go each way. The generator is one thread that sends and receives up to 64 packets in one system call. It verifies every byte that arrives, on
which channel, from which address and for whom, and counts what does not. In saturated scenarios a fixed number of packets is under way, and one
that arrives makes room for the next.

The server has one CPU and the generator another. Servers run one after the other, in another order in each round, each with a fresh process for every line, one relay
thread, and without a log. The first 0.3 s of each are not counted.

- **Server CPU** is the time of all threads of the server (schedstat), for each packet that has arrived.
- **Added CPU** is that of the server, the generator and the kernel's interrupt threads together, less that of the same load without a relay, which is
  measured in the same round. What is relayed within the kernel is charged to whoever sends, so only this figure compares it with the others. Over TCP and TLS it
  holds the client's own work, too.
- **Per core** is how many packets a second keep one core busy.
- **p50 and p99** are from just before a packet is sent until the kernel has it on the other side, one way. At fixed rates
  packets are sent once a millisecond, so that part of it is waiting behind others of the same millisecond; the scenario with 2,000 packets/s sends one at a time. Over TCP and
  TLS it is that toward peers.
- **Setting up** is 401, Allocate, CreatePermission and ChannelBind, 32 clients at a time.
- **Memory** is what the process (VmRSS) and the kernel's objects in use (slabinfo) have grown by since the first allocation. The clients share one socket, so the kernel's memory is the server's.

## What it does not show

- A veth pair is no network card: the sender pays for receiving, and there are no interrupts, no queues, no offloads. With a card, all that a server in
  userspace does in the kernel costs about as much, but the sender's share moves to the receiver.
- One CPU for the server. How a server scales over many is not measured.
- Virtual machines: waking a sleeping CPU takes some 40 µs there, which is most of the latency of every server in userspace.
- Clients that come and go, refreshes, DTLS, TCP to peers, and loss on the way.
`

func (r *Report) caveats() (lines []string) {
	if r.Machine.Shared {
		lines = append(lines, "server and generator ran on two threads of one core, and slowed each other")
	}
	if r.Machine.IRQTime {
		lines = append(lines, "this kernel accounts for interrupts on their own; their time is in the added CPU, but not in the server's")
	}
	return append(lines, r.remarks()...)
}

func cpus(m Machine) string {
	if m.CPUs == 1 {
		return "1 CPU"
	}
	return fmt.Sprintf("%d CPUs", m.CPUs)
}

func rounds(n int) string {
	words := [...]string{"One round", "Two rounds", "Three rounds", "Four rounds", "Five rounds"}
	if n <= len(words) {
		return words[n-1]
	}
	return fmt.Sprintf("%d rounds", n)
}

func minutes(seconds float64) string {
	if seconds < 90 {
		return "about a minute"
	}
	return fmt.Sprintf("about %.0f minutes", seconds/60)
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func sentence(s string) string { return capital(strings.TrimSuffix(s, ".")) + "." }

func markdownTable(b *strings.Builder, rows [][]string) {
	for i, row := range rows {
		cells := make([]string, len(row))
		for j, c := range row {
			cells[j] = strings.NewReplacer("|", `\|`, "*", `\*`).Replace(c)
		}
		fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
		if i == 0 {
			fmt.Fprintf(b, "| --- |%s\n", strings.Repeat(" ---: |", len(row)-1))
		}
	}
}
