package main

import (
	"encoding/json"
	"net/netip"
	"time"

	"turnpike/turnserver"
	"turnpike/turnserver/turn"
)

// watcher has signaling told, in the words of signal/PROTOCOL.md, what the relay
// sees of a test's user.
func watcher(relay *turnserver.Server) func(user string, addr netip.Addr, saw func(json.RawMessage)) (stop func()) {
	return func(user string, addr netip.Addr, saw func(json.RawMessage)) (stop func()) {
		return relay.Watch(user, addr, func(s turn.Sighting) {
			if text, err := json.Marshal(newSighting(s)); err == nil {
				saw(text)
			}
		})
	}
}

// sighting is an event of relay-saw. What does not apply is left out.
type sighting struct {
	At        int64     `json:"at"` // Unix milliseconds
	Kind      turn.Kind `json:"kind"`
	Transport string    `json:"transport"`
	Client    string    `json:"client"`
	Port      uint16    `json:"port"`
	Request   string    `json:"request,omitempty"`
	Code      int       `json:"code,omitempty"`
	Reason    string    `json:"reason,omitempty"`
	By        int64     `json:"by,omitempty"` // seconds
	Name      string    `json:"name,omitempty"`
	Limit     int       `json:"limit,omitempty"`
	Peer      string    `json:"peer,omitempty"`
	Relay     string    `json:"relay,omitempty"`
	Sent      *traffic  `json:"sent,omitempty"`
	Received  *traffic  `json:"received,omitempty"`
}

type traffic struct {
	Packets uint64 `json:"packets"`
	Bytes   uint64 `json:"bytes"`
}

func newSighting(s turn.Sighting) sighting {
	event := sighting{
		At:        s.At.UnixMilli(),
		Kind:      s.Kind,
		Transport: s.Client.Transport.String(),
		Client:    s.Client.Client.String(),
		Port:      s.Client.Server.Port(),
		Request:   s.Request,
		Code:      s.Code,
		Reason:    s.Reason,
		By:        int64(s.By / time.Second),
		Name:      s.Name,
		Limit:     s.Limit,
		Peer:      told(s.Peer),
		Relay:     told(s.Relay),
	}
	if s.Kind == turn.SawTraffic || s.Kind == turn.SawEnd {
		sent, received := traffic(s.Sent), traffic(s.Received)
		event.Sent, event.Received = &sent, &received
	}
	return event
}

// told is the address, without the port where that is none, or empty.
func told(at netip.AddrPort) string {
	switch {
	case !at.IsValid():
		return ""
	case at.Port() == 0:
		return at.Addr().String()
	}
	return at.String()
}
