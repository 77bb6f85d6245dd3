//go:build linux

// Package load makes TURN clients and their peers, lets them send to each other through a server, and verifies and counts everything that arrives.
//
// All clients share one socket, and so do all peers: every one has an address of its own out of a network that is local in its namespace, which the
// kernel tells and is told with each datagram. So a system call carries up to 64 datagrams of as many clients. Clients over TCP and TLS have a socket
// each.
//
// A Generator starts no goroutine and has no lock. Its caller locks it to a thread, which it never yields while it runs a load: every system call of
// the loop is raw, and none waits for longer than a few milliseconds, so the garbage collector does not wait for longer either. Relaying a packet
// allocates nothing.
package load

import (
	"crypto/x509"
	"net/netip"
	"time"
)

// A Transport is what is between a client and the server.
type Transport string

// The transports of clients.
const (
	UDP Transport = "udp"
	TCP Transport = "tcp"
	TLS Transport = "tls"
)

// A Path is what is between a client and its peer.
type Path string

// The paths of packets.
const (
	Relay   Path = "relay"
	Hairpin Path = "hairpin" // two relays of one server: the peer is a client, too
	Direct  Path = "direct"  // nothing
)

// The ports of clients and peers; clients over TCP and TLS have any.
const (
	clientPort = 40000
	peerPort   = 40001
)

// A Job says who is there.
type Job struct {
	Server         netip.AddrPort
	Clients, Peers netip.Prefix // each is a network that is local where the sockets are
	Transport      Transport
	Path           Path
	Indications    bool // Send and Data indications in place of channels
	Flows          int  // how many clients, each with one peer and one channel
	Secret         string
	Trust          *x509.CertPool           // who signs the server's certificate
	AtPeers        func(func() error) error // runs what opens the peers' socket in their namespace; nil: they are where the clients are
}

// A Load says what they send. Without a rate it is a closed loop: Window packets are under way at any time.
type Load struct {
	Size     int           // of a payload, in bytes; at least 24
	Rate     int           // packets a second, both directions together
	Window   int           // packets
	Burst    int           // packets that one client or peer sends at a time
	Tick     time.Duration // how often the generator wakes to send what is due
	Duration time.Duration
}

// A Result is what has become of a load.
type Result struct {
	Sent, Received uint64
	Lost           [2]uint64 // toward peers, toward clients
	Wrong          uint64    // packets that are not what was sent, or not where it was sent
	Disordered     uint64    // packets that came out of order, or twice; not received
	Latency        Histogram // from just before the packet was sent until the kernel had it on the other side
	Wall, CPU      time.Duration
	Behind         time.Duration // by which the generator was too slow for the rate
}

// LostShare is the share of packets that were lost.
func (r *Result) LostShare() float64 {
	return float64(r.Lost[up]+r.Lost[down]) / float64(max(r.Sent, 1))
}

// Busy is the share of the time in which the generator had work.
func (r *Result) Busy() float64 { return float64(r.CPU) / float64(max(r.Wall, 1)) }
