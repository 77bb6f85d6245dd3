package admin

import "time"

// Figures are counted since the start, unless they say that they are of the moment.
type Figures struct {
	Version, Revision string

	Allocations    map[string]int // of the moment, by transport: udp, tcp, tls, dtls
	Relays         map[string]int // of the moment: relayed addresses by family, ipv4 or ipv6
	Sent, Received Traffic        // from clients to peers, and from peers to clients
	Errors         map[int]uint64 // error responses by code
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
type Traffic struct{ Packets, Bytes uint64 }

// Calls are how connections between members ended up, as their clients report it.
type Calls struct {
	Direct  uint64
	Relayed map[string]uint64 // by how the one who reported reaches the relay: udp, tcp, tls
	Failed  map[string]uint64 // by why
}
