package turn

import (
	"net/netip"
	"time"
)

// Transport is the protocol between client and server.
type Transport uint8

const (
	UDP Transport = iota
	TCP
	TLS
	DTLS
)

func (t Transport) String() string { return [...]string{"udp", "tcp", "tls", "dtls"}[t] }

// Reliable tells whether the transport keeps order and loses nothing, so that nothing is retransmitted and ChannelData is padded.
func (t Transport) Reliable() bool { return t == TCP || t == TLS }

// longest is how many bytes one message to the client may have.
func (t Transport) longest() int {
	switch t {
	case UDP:
		return 65507 // a datagram of IPv4
	case DTLS:
		return 1 << 14 // a record (RFC 6347 §4.1)
	}
	return 1<<16 - 1
}

// A FiveTuple identifies a client's flow (RFC 8656 §2.2).
type FiveTuple struct {
	Client, Server netip.AddrPort
	Transport      Transport
	Conn           uint32 // tells apart two streams with the same addresses, one of which is just ending; 0 for UDP
}

// A RelayID names a relay socket between a Core and its edge. It is never used twice.
type RelayID uint64

// Op says what an Effect asks for.
type Op uint8

const (
	SendClient    Op = iota + 1 // send Data to Client as it is
	SendChannel                 // send Data to Client as ChannelData of Channel (RFC 8656 §12.4)
	SendPeer                    // send Data from Relay to Peer
	SendRelay                   // hand Data, which comes from the relayed address Source, to the shard that owns our relayed address Peer
	OpenRelay                   // open a relay socket of Family, on an Even port, with the one above it as a Pair, or the reserved one on Peer; answer by Opened or OpenFailed
	CloseRelay                  // close Relay, and the upper socket of its pair if it was not reserved
	Reserve                     // keep the upper socket of Relay's pair, which is Peer, for an OpenRelay to come
	CloseReserved               // close the reserved relay socket on Peer
	ConnectPeer                 // connect from Relay to Peer within 30 s; answer by Connected or ConnectFailed for Conn
	AcceptPeer                  // the connection that has just been Accepted is Conn
	Splice                      // the stream Client is one with Conn from now on; its bytes go through Meter
	CloseConn                   // close Conn
	Bound                       // Channel of Client now stands for Peer on Relay, until Deadline
	Unbound                     // it no longer does
	Forward                     // hand Data, and every packet of Client from now on, to Shard
	Attach                      // Client has an allocation now
	Detach                      // Client has none any more; it has moved
	Began                       // Session has begun
	Ended                       // Session has ended
	Saw                         // Sighting is to be told to who watches, by Registry.Tell
)

// An Effect is one thing that the edge has to do. Data is valid until the next event.
type Effect struct {
	Op     Op
	Family Family
	Even   bool
	Pair   bool

	DontFragment bool
	TCP          bool // OpenRelay: a listener (RFC 6062)
	Shard        int
	Conn         ConnID
	Meter        *Meter
	Channel      uint16
	Relay        RelayID
	Client       FiveTuple
	Peer         netip.AddrPort
	Source       netip.AddrPort
	Data         []byte
	Deadline     time.Time
	Session      *Session
	Sighting     *Sighting
}

// A Session is what is told of an allocation when it begins and ends.
type Session struct {
	User     string // the accounting key: the user part of the name, or the client's address where there is none
	Client   FiveTuple
	Relay    netip.AddrPort // relayed transport address
	Began    time.Time
	End      End
	Sent     Traffic // client to peers
	Received Traffic // peers to client
}

// Traffic counts what was relayed, without headers.
type Traffic struct{ Packets, Bytes uint64 }

func (t *Traffic) add(n int) {
	t.Packets++
	t.Bytes += uint64(n)
}

// End is why a session ended.
type End uint8

const (
	EndExpired    End = iota + 1 // it was not refreshed
	EndRefresh                   // the client gave it up, by a Refresh with lifetime 0
	EndClosed                    // the client's stream ended
	EndShutdown                  // the server stops
	EndRevoked                   // an operator ended it
	EndMaxSession                // it has lasted as long as it may
)

func (e End) String() string {
	return [...]string{"", "expired", "deleted by client", "connection closed", "server stopped", "revoked", "longest session"}[e]
}
