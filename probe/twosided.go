package probe

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Sighting is what the relay saw of a test (signal/PROTOCOL.md, "Tests").
type Sighting struct {
	At        int64  `json:"at"` // Unix time in milliseconds
	Kind      string `json:"kind"`
	Transport string `json:"transport,omitempty"`
	Client    string `json:"client,omitempty"`
	Port      uint16 `json:"port,omitempty"`
	Code      int    `json:"code,omitempty"`
	Reason    string `json:"reason,omitempty"`
	By        int64  `json:"by,omitempty"`
	Limit     int    `json:"limit,omitempty"`
	Peer      string `json:"peer,omitempty"`
	Relay     string `json:"relay,omitempty"`
}

// maxSightings is how many are kept; our own server tells no more of one test.
const maxSightings = 300

// secondSight is a test session with a turnpike: what its relay sees of us. One goroutine listens until close.
type secondSight struct {
	*signaling
	targets   []target
	discovery []target
	listening sync.WaitGroup

	mu   sync.Mutex
	seen []Sighting
}

// look asks the server that gave us the credentials whether it tells what it sees. Only a turnpike does; nil is no.
func look(ctx context.Context, server, token string) *secondSight {
	at, err := signalURL(server)
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, 2*time.Second, errSilent)
	defer cancel()
	s, err := dialSignaling(ctx, at, token)
	if err != nil {
		return nil
	}
	l := &secondSight{signaling: s}
	s.say(map[string]any{"type": "test", "id": "1"})
	testing, err := s.await(ctx, func(f signalFrame) bool { return f.Type == "testing" })
	if err == nil {
		var answer *iceAnswer
		if answer, err = parseICE(testing.ICE); err == nil {
			l.targets, err = answer.targets(time.Now())
		}
	}
	if err != nil || len(l.targets) == 0 {
		s.close()
		return nil
	}
	for _, url := range testing.Discovery[:min(len(testing.Discovery), maxVisits)] {
		if t, err := parseURL(url); err == nil {
			l.discovery = append(l.discovery, t[0])
		}
	}
	l.listening.Go(l.listen)
	return l
}

func (l *secondSight) listen() {
	for f := range l.frames {
		if f.Type != "relay-saw" {
			continue
		}
		l.mu.Lock()
		l.seen = append(l.seen, f.Events[:min(len(f.Events), maxSightings-len(l.seen))]...)
		l.mu.Unlock()
	}
}

// close returns what was seen.
func (l *secondSight) close(ctx context.Context) []Sighting {
	rest(ctx, 250*time.Millisecond) // sightings come in batches
	l.say(map[string]any{"type": "test-end"})
	l.signaling.close()
	l.listening.Wait()
	return l.seen
}

// join tells each server's visit what the relay saw of it.
func (r *Report) join(seen []Sighting) {
	r.Saw = seen
	for _, s := range r.Servers {
		if !s.Address.IsValid() {
			continue
		}
		var kinds []string
		count := make(map[string]int)
		for _, e := range seen {
			if !strings.EqualFold(e.Transport, string(s.Transport)) || e.Port != s.facts.Port || isFour(e.Client) != s.Address.Addr().Is4() {
				continue
			}
			kind := e.Kind
			if e.Reason != "" {
				kind += " (" + e.Reason + ")"
			}
			if !slices.Contains(kinds, kind) {
				kinds = append(kinds, kind)
			}
			count[kind]++
			if e.Limit > 0 {
				s.facts.Limit = e.Limit
			}
		}
		text := "nothing of this"
		for i, kind := range kinds {
			if i == 0 {
				text = ""
			} else {
				text += ", "
			}
			text += printable(kind)
			if count[kind] > 1 {
				text += fmt.Sprintf(" %d times", count[kind])
			}
		}
		s.RelaySaw = text
	}
}

func isFour(client string) bool {
	at, err := netip.ParseAddrPort(client)
	return err == nil && at.Addr().Unmap().Is4()
}
