package conformance

import (
	"fmt"
	"time"
)

// Level is how much an RFC insists (RFC 2119).
type Level string

const (
	Must   Level = "must"
	Should Level = "should"
	May    Level = "may"
)

// Outcome is what was found of a clause.
type Outcome string

const (
	Pass     Outcome = "pass"
	Fail     Outcome = "fail"
	Lenient  Outcome = "lenient"   // it accepts more than it has to, or should
	NotTried Outcome = "not tried" // not offered by the server, not reachable for this client, or needs Options.Slow
)

// Verdict is an outcome and, in words, why; a pass may need none.
type Verdict struct {
	Outcome Outcome `json:"verdict"`
	Why     string  `json:"why,omitempty"`
}

func passf(format string, args ...any) Verdict { return Verdict{Pass, fmt.Sprintf(format, args...)} }

func failf(format string, args ...any) Verdict { return Verdict{Fail, fmt.Sprintf(format, args...)} }

func lenientf(format string, args ...any) Verdict {
	return Verdict{Lenient, fmt.Sprintf(format, args...)}
}

func notTriedf(format string, args ...any) Verdict {
	return Verdict{NotTried, fmt.Sprintf(format, args...)}
}

var pass = Verdict{Outcome: Pass}

// firstOf returns the first verdict that is not a pass, or the last one.
func firstOf(verdicts ...Verdict) Verdict {
	for _, v := range verdicts {
		if v.Outcome != Pass {
			return v
		}
	}
	return verdicts[len(verdicts)-1]
}

// when is pass if ok, and else a failure that says so.
func when(ok bool, format string, args ...any) Verdict {
	if ok {
		return pass
	}
	return failf(format, args...)
}

// A Clause is one requirement of an RFC. RFC 0 stands for what no RFC requires, but a safe server does.
type Clause struct {
	ID      string `json:"id"`
	RFC     int    `json:"rfc,omitempty"`
	Section string `json:"section,omitempty"`
	Level   Level  `json:"level"`
	Text    string `json:"clause"`
}

// clause is a Clause with how to test it.
type clause struct {
	Clause
	slow bool
	run  func(*session) Verdict
}

// A Result is a clause with its verdict.
type Result struct {
	Clause
	Verdict
	Took time.Duration `json:"-"`
}

// table makes the clauses of one RFC.
type table struct {
	rfc  int
	list []clause
}

func (t *table) add(id, section string, level Level, text string, run func(*session) Verdict) {
	t.list = append(t.list, clause{Clause: Clause{id, t.rfc, section, level, text}, run: run})
}

// addSlow adds a clause that takes minutes.
func (t *table) addSlow(id, section string, level Level, text string, run func(*session) Verdict) {
	t.add(id, section, level, text, run)
	t.list[len(t.list)-1].slow = true
}
