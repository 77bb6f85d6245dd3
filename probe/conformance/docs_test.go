package conformance

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"turnpike/turnserver"
)

var update = flag.Bool("update", false, "write docs/conformance.md, which takes twelve minutes")

const docs = "../../docs/conformance.md"

// subject is a server of the document, with its verdicts.
type subject struct {
	name    string
	reports []*Report // of the same server, configured in several ways
}

// verdict is that of the first configuration with which a clause could be tried.
func (s subject) verdict(id string) Verdict {
	var v Verdict
	for _, rep := range s.reports {
		i := slices.IndexFunc(rep.Results, func(r Result) bool { return r.ID == id })
		if v = rep.Results[i].Verdict; v.Outcome != NotTried {
			return v
		}
	}
	return v
}

// subjects tests all servers, at once.
func subjects(t *testing.T) []subject {
	var list []subject
	var wait sync.WaitGroup
	try := func(name string, options ...Options) {
		s := subject{name, make([]*Report, len(options))}
		for i, o := range options {
			o.Slow = *update && i == 0
			wait.Go(func() { s.reports[i] = run(t, o) })
		}
		list = append(list, s)
	}
	strict := func(c *turnserver.Config) { c.Peers.Allow = nil }
	at := func(a netip.AddrPort) Options { return Options{URL: turnURL(a, "udp")} }
	alice := at(newTurnpike(t, host(), withUsers))
	alice.Username, alice.Password = "alice", usersPassword
	try("turnpike", at(newTurnpike(t, host(), nil)), alice, at(newTurnpike(t, loopback, withDiscovery)), at(newTurnpike(t, host(), strict)))

	pion, version := newPion(t)
	try(version, at(pion))
	t.Run("coturn", func(st *testing.T) {
		if !coturnInstalled() {
			st.Skip("coturn is NOT TESTED: turnserver is not installed (Debian: coturn)")
		}
		one, version := newCoturn(t, host())
		two, _ := newCoturn(t, loopback, secondLoopback)
		try(version, at(one), at(two))
	})
	wait.Wait()
	for _, s := range list {
		for _, rep := range s.reports {
			if rep.Error != "" {
				t.Errorf("%s: %s", s.name, rep.Error)
			}
			survives(t, rep)
		}
	}
	return list
}

var marks = map[Outcome]string{Pass: "pass", Fail: "**fail**", Lenient: "lenient", NotTried: "–"}

// row is a clause in the document.
func row(c Clause, list []subject) string {
	cells := []string{c.Section, string(c.Level), c.Text}
	for _, s := range list {
		cells = append(cells, marks[s.verdict(c.ID).Outcome])
	}
	return "| " + strings.Join(cells, " | ") + " |"
}

func head(list []subject) string {
	var b strings.Builder
	b.WriteString("| § | level | clause |")
	for _, s := range list {
		fmt.Fprintf(&b, " %s |", s.name)
	}
	b.WriteString("\n|---|---|---|" + strings.Repeat("---|", len(list)))
	return b.String()
}

const preface = `# Conformance

What ` + "`turnpike conformance`" + ` finds of turnpike and of two other TURN servers, clause by clause. It tests any server:

    $ turnpike conformance turn:turn.example.org -user alice -pass secret

A verdict is *pass*, *fail*, *lenient* (it accepts more than it has to), or – where a clause was not tried: the server does not offer
what it is about, or it cannot be seen from where the suite ran. "must", "should" and "may" are the RFC's; the last table is about what no RFC
asks for, but a safe server does. One MUST that fails makes the exit code 1.

The suite knows nothing of a server but its address and credentials. It sends what clients send and what they should never send, over UDP
and TCP; its peers are further allocations of its own, and sockets on its host. That a verdict of it can be trusted is tested, too: a
proxy between the suite and a server breaks one thing at a time, and each clause has to fail by what is done to it.

Where turnpike can be configured in ways that exclude each other, the verdict is of the one that offers what the clause is about: with a secret,
with static users alone (USERHASH), with a second address (RFC 5780). The others run as their makers ship them: coturn as Debian
packages it, with a secret, mobility, and nothing else set; pion as in its examples. Newer versions of both may do better.

This file is written by ` + "`go test ./probe/conformance -run TestDocs -update`" + `, and the test fails when it is not true any more.
`

func document(list []subject) string {
	var b strings.Builder
	b.WriteString(preface)
	last := -1
	for _, c := range Clauses() {
		if c.RFC != last {
			last = c.RFC
			fmt.Fprintf(&b, "\n## %s\n\n%s\n", heading(c.RFC), head(list))
		}
		fmt.Fprintln(&b, row(c, list))
	}
	for _, s := range list {
		fmt.Fprintf(&b, "\n## What %s does instead\n\n", s.name)
		none := true
		for _, c := range Clauses() {
			if v := s.verdict(c.ID); v.Outcome == Fail || v.Outcome == Lenient {
				where := "safety"
				if c.RFC > 0 {
					where = fmt.Sprintf("RFC %d §%s", c.RFC, c.Section)
				}
				fmt.Fprintf(&b, "- %s, %s, %s: %s. *%s*\n", where, c.Level, marks[v.Outcome], c.Text, v.Why)
				none = false
			}
		}
		if none {
			b.WriteString("Nothing.\n")
		}
	}
	return b.String()
}

func TestDocsAreWhatTheSuiteFinds(t *testing.T) {
	list := subjects(t)
	if *update {
		if err := os.WriteFile(docs, []byte(document(list)), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	column := func(name string) int {
		for _, l := range lines {
			if strings.HasPrefix(l, "| § |") {
				return slices.Index(strings.Split(strings.TrimSuffix(l, " |"), " | "), name)
			}
		}
		return -1
	}
	for _, s := range list {
		at := column(s.name)
		if at < 0 {
			t.Logf("the document is about another version than %s", s.name)
			continue
		}
		differ := 0
		for _, c := range clauses() {
			i := slices.IndexFunc(lines, func(l string) bool {
				return strings.Contains(l, "| "+c.Section+" | "+string(c.Level)+" | "+c.Text+" |")
			})
			if i < 0 {
				t.Errorf("the document lacks %q; run the test with -update", c.Text)
				continue
			}
			was := strings.TrimSuffix(strings.Split(lines[i], " | ")[at], " |")
			if is := marks[s.verdict(c.ID).Outcome]; was != is && !c.slow {
				t.Logf("%s: %s: %s was %s (%s)", s.name, c.Text, is, was, s.verdict(c.ID).Why)
				differ++
			}
		}
		// Ports and timing are not the same each time; of others' servers a few verdicts may differ.
		if allowed := map[bool]int{true: 0, false: 4}[s.name == "turnpike"]; differ > allowed {
			t.Errorf("%s: %d verdicts are not those of the document; run the test with -update", s.name, differ)
		}
	}
}
