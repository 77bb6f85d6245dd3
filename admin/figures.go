package admin

import "time"

// Figures are counted since the start, unless they say that they are of the moment.
type Figures struct {
	Version, Revision string
	Started           time.Time

	Listeners      []string // of the relay
	RelayAddresses []string
	DataPath       DataPath

	Allocations    map[string]int     // of the moment, by transport: udp, tcp, tls, dtls
	Relays         map[string]int     // of the moment: relayed addresses by family, ipv4 or ipv6
	Sent, Received Traffic            // from clients to peers, and from peers to clients
	Errors         map[int]uint64     // error responses by code
	Refusals       map[Refusal]uint64 // requests that were refused, by why
	Drops          map[string]uint64

	Open, Away int // of the moment: signaling sessions with a connection, and between two
	Lines      int // of the moment: connections of PeerJS and y-webrtc
	Calls      Calls
	RoundTrips RoundTrips

	HTTPConnections int    // of the moment, without WebSockets
	HTTPRefused     uint64 // connections, for want of a place

	SelfTest    SelfTest
	Certificate time.Time // when it ends; zero without one
}

// RoundTrips are the times from a ping to its pong, on WebSockets.
type RoundTrips struct {
	Bounds []time.Duration
	Counts []uint64 // by the bound that they are within; the last, one more, are above all
	Sum    time.Duration
}

// Traffic is what was relayed, without what carries it.
type Traffic struct {
	Packets uint64 `json:"packets"`
	Bytes   uint64 `json:"bytes"`
}

// A Refusal is why requests were refused: the STUN code of the answer, 0 where it was kept back, and words of ours.
type Refusal struct {
	Code   int
	Reason string
}

// DataPath is how packets pass through this host, and why that way.
type DataPath struct {
	Name string `json:"name"`
	Why  string `json:"why,omitempty"`
}

func (f Figures) allocations() (n int) {
	for _, some := range f.Allocations {
		n += some
	}
	return n
}

func (f Figures) refused() (n uint64) {
	for _, some := range f.Refusals {
		n += some
	}
	return n
}

// Calls are how connections between members ended up, as their clients report it.
type Calls struct {
	Direct  uint64
	Relayed map[string]uint64 // by how the one who reported reaches the relay: udp, tcp, tls
	Failed  map[string]uint64 // by why
}
