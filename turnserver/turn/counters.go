package turn

// Counters are facts about packets, which are counted and never logged.
type Counters struct {
	Requests        uint64
	Retransmissions uint64
	Errors          [700]uint32 // error responses by code
	Drops           [numDrops]uint64
	Sent, Received  Traffic // client to peers, peers to client
}

// A Census says of what kind the live allocations are.
type Census struct {
	Transports [4]int // by Transport; an allocation whose relay is still being opened is not in it
	IPv4, IPv6 int    // relayed addresses
}

func (c *Census) relays(f Family, n int) {
	if f == IPv6 {
		c.IPv6 += n
	} else {
		c.IPv4 += n
	}
}

// Census returns what there is now.
func (c *Core) Census() Census { return c.census }

// Drop is why something was dropped in silence.
type Drop uint8

const (
	DropGarbage      Drop = iota // neither STUN nor ChannelData
	DropMalformed                // STUN that does not parse, or a wrong FINGERPRINT
	DropUnexpected               // a response, or an indication no client may send
	DropMethod                   // a method that is not served
	DropPending                  // a retransmission while the relay is being opened
	DropNoAllocation             // data on a 5-tuple without allocation
	DropNoChannel                // ChannelData on a channel that is not bound
	DropNoPermission             // data to or from a peer without permission
	DropRefusedPeer              // data to a peer that the policy refuses
	DropNotLive                  // data to a port of ours that is no live relay
	DropLength                   // a length field that lies
	DropBudget                   // an answer to a stranger who has had too many
	DropBandwidth                // data above a bandwidth limit
	DropIndication               // a Send indication that lacks or has attributes it must not
	DropConnection               // a peer's connection to an allocation that has as many as it may (RFC 6062)
	numDrops
)

func (d Drop) String() string {
	return [...]string{"garbage", "malformed", "unexpected", "method", "pending", "no allocation", "no channel", "no permission",
		"refused peer", "not a live relay", "length", "unauthenticated budget", "bandwidth", "indication", "connection"}[d]
}

// Drops lists every reason.
func Drops() []Drop {
	all := make([]Drop, numDrops)
	for i := range all {
		all[i] = Drop(i)
	}
	return all
}

func (c *Core) drop(d Drop) { c.counters.Drops[d]++ }
