// Package coturn translates a turnserver.conf, the configuration of coturn up to
// 4.17, into a turnpike.yml.
//
// Every line has one of two ends: it stands behind a key of the result, whose
// comment names the line, or a [Remark] says why not. What [config.Parse] would
// refuse is left out and remarked upon, so the result is always accepted. Where
// coturn leaves open what turnpike refuses, the refusal stays, and a remark says
// which key opens it.
//
// A turnserver.conf is read as coturn does, and trusted as little as any input.
// The package opens no file, starts no goroutine and has no lock.
package coturn

import (
	"fmt"
	"net/netip"
	"slices"
)

// MaxFile bounds a turnserver.conf, in bytes, so that what it becomes is no larger
// than package config reads.
const MaxFile = 1 << 17

// Host is what the translation may know of where it runs; the zero Host knows
// nothing.
type Host struct {
	// Recommended are the peers that turn.peers.deny: [recommended] refuses.
	Recommended []netip.Prefix

	// Addresses are those of this host, those that packets leave from first.
	Addresses []netip.Addr

	// Path completes a path that does not begin at the root.
	Path func(string) string

	// Certificate tells why a certificate and its key cannot be used, or nil.
	Certificate func(cert, key string) error
}

// Translation is what became of a turnserver.conf.
type Translation struct {
	Lines   int      // that say something
	Taken   []int    // those behind a key of the result, in order
	Remarks []Remark // in the order of their lines, those about no line last
	draft   *draft
}

// Translate reads a turnserver.conf. The error is that it is none.
func Translate(data []byte, host Host) (*Translation, error) {
	if len(data) > MaxFile {
		return nil, fmt.Errorf("is larger than %d bytes", MaxFile)
	}
	t := &translator{Host: host, draft: &draft{}, last: map[string]line{}, times: map[string]int{}}
	lines := t.read(data)
	if len(lines) == 0 && len(t.remarks) > 0 {
		return nil, fmt.Errorf("has no option of coturn in %d lines", len(t.remarks))
	}
	for _, l := range lines {
		t.translate(l)
	}
	t.addresses()
	t.listeners()
	t.ports()
	t.peers()
	t.credentials()
	t.metrics()
	t.elsewhere()
	if err := t.sound(); err != nil {
		return nil, err
	}
	t.idle(lines)

	done := &Translation{Lines: t.count, Remarks: merged(t.remarks), draft: t.draft}
	for _, v := range t.draft.values {
		for _, l := range v.from {
			done.Taken = append(done.Taken, l.number)
		}
	}
	slices.Sort(done.Taken)
	done.Taken = slices.Compact(done.Taken)
	return done, nil
}

// idle remarks on lines that came to nothing beside others.
func (t *translator) idle(lines []line) {
	ended := map[int]bool{}
	for _, v := range t.values {
		for _, l := range v.from {
			ended[l.number] = true
		}
	}
	for _, r := range t.remarks {
		ended[r.Line] = true
	}
	for _, l := range lines {
		if !ended[l.number] {
			t.note(l, "has no effect beside the other lines")
		}
	}
}

// translator is a translation under way.
type translator struct {
	Host
	*draft
	count   int             // of lines that say something
	last    map[string]line // of each option that counts once
	several []line          // of those that count each time, in order
	times   map[string]int  // how often such an option came
	remarks []Remark
}
