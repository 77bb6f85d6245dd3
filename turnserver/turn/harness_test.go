package turn

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"testing"
	"time"
)

const (
	testRealm  = "turnpike"
	testSecret = "a secret of at least sixteen bytes"
)

var (
	testStart  = time.Unix(1_800_000_000, 0)
	relayIP    = netip.MustParseAddr("203.0.113.7")
	relayIP6   = netip.MustParseAddr("2001:db8::7")
	serverAddr = netip.MustParseAddrPort("203.0.113.7:3478")
	alice      = netip.MustParseAddrPort("198.51.100.1:40000")
	bob        = netip.MustParseAddrPort("198.51.100.2:40000")
	peer       = netip.MustParseAddrPort("93.184.216.34:5000")
	peer6      = netip.MustParseAddrPort("[2606:2800::1]:5000")
)

// A world is a core with an edge that has no sockets: what is sent is kept, and relays open at once.
type world struct {
	t        testing.TB
	now      time.Time
	core     *Core
	registry *Registry
	full     bool // no relay port is left
	slow     bool // relays are opened only by open
	waiting  []Effect
	nextPort uint16
	relays   map[RelayID]netip.AddrPort
	toClient map[FiveTuple][][]byte
	toPeer   []sentToPeer
	others   []Effect
	bound    map[boundKey]netip.AddrPort
	reserved map[netip.AddrPort]bool
	began    int
	ended    int
}

type sentToPeer struct {
	from, to netip.AddrPort
	data     []byte
}

type boundKey struct {
	relay   RelayID
	channel uint16
}

func newWorld(t testing.TB, change func(*Config)) *world {
	return newWorldWithLimits(t, Limits{}, change)
}

func newWorldWithLimits(t testing.TB, limits Limits, change func(*Config)) *world {
	w := &world{
		t: t, now: testStart, nextPort: 49152,
		registry: NewRegistry(limits, []netip.Addr{relayIP, relayIP6}, testStart),
		relays:   make(map[RelayID]netip.AddrPort),
		toClient: make(map[FiveTuple][][]byte),
		bound:    make(map[boundKey]netip.AddrPort),
		reserved: make(map[netip.AddrPort]bool),
	}
	cfg := Config{
		Realm:          testRealm,
		Credentials:    NewCredentials(Credentials{Realm: testRealm, Secrets: [][]byte{[]byte(testSecret)}, TTL: time.Hour}),
		Policy:         testPolicy(Internet),
		Registry:       w.registry,
		Rand:           rand.NewChaCha8([32]byte{1}),
		IPv4:           true,
		IPv6:           true,
		MaxPermissions: 64,
	}
	if change != nil {
		change(&cfg)
	}
	w.core = New(cfg)
	return w
}

func testPolicy(mode PeerMode) *Policy {
	return NewPolicy(PolicyConfig{Deny: Recommended(), Own: []netip.Addr{relayIP, relayIP6}, MinPort: 1024, Mode: mode})
}

func (w *world) do(effects []Effect) {
	var open []Effect
	for _, e := range effects {
		e.Data = bytes.Clone(e.Data)
		switch e.Op {
		case SendClient:
			w.toClient[e.Client] = append(w.toClient[e.Client], e.Data)
		case SendChannel:
			frame := AppendChannelData(nil, e.Channel, e.Data, e.Client.Transport.Reliable())
			w.toClient[e.Client] = append(w.toClient[e.Client], frame)
		case SendPeer:
			from, ok := w.relays[e.Relay]
			if !ok {
				w.t.Fatalf("sent from a relay that is not open: %+v", e)
			}
			w.toPeer = append(w.toPeer, sentToPeer{from, e.Peer, e.Data})
		case SendRelay:
			w.others = append(w.others, e)
		case OpenRelay:
			open = append(open, e)
		case CloseRelay:
			delete(w.relays, e.Relay)
		case Reserve:
			w.reserved[e.Peer] = true
		case CloseReserved:
			if !w.reserved[e.Peer] {
				w.t.Fatalf("%v is not reserved", e.Peer)
			}
			delete(w.reserved, e.Peer)
		case Bound:
			w.bound[boundKey{e.Relay, e.Channel}] = e.Peer
		case Unbound:
			delete(w.bound, boundKey{e.Relay, e.Channel})
		case Began:
			w.began++
		case Ended:
			w.ended++
		case Saw:
			w.registry.Tell(*e.Sighting)
		}
	}
	w.waiting = append(w.waiting, open...)
	if !w.slow {
		w.open()
	}
}

// open answers what waits for a relay.
func (w *world) open() {
	waiting := w.waiting
	w.waiting = nil
	for _, e := range waiting {
		if w.full {
			delete(w.reserved, e.Peer)
			w.do(w.core.OpenFailed(w.now, e.Relay, ReasonPortsUsedUp))
			continue
		}
		ip := relayIP
		if e.Family == IPv6 {
			ip = relayIP6
		}
		w.nextPort++
		if e.Even && w.nextPort%2 != 0 {
			w.nextPort++
		}
		at := netip.AddrPortFrom(ip, w.nextPort)
		if e.Pair {
			w.nextPort++
		}
		if e.Peer.IsValid() {
			at = e.Peer
			if !w.reserved[at] {
				w.t.Fatalf("%v is not reserved", at)
			}
			delete(w.reserved, at)
		}
		w.relays[e.Relay] = at
		w.do(w.core.Opened(w.now, e.Relay, at))
	}
}

func (w *world) wait(d time.Duration) {
	for end := w.now.Add(d); w.now.Before(end); {
		w.now = w.now.Add(min(time.Second, end.Sub(w.now)))
		w.do(w.core.Tick(w.now))
	}
}

// outlive lets every lifetime pass, in long strides.
func (w *world) outlive() {
	for range 70 {
		w.now = w.now.Add(time.Minute)
		w.do(w.core.Tick(w.now))
	}
}

// send lets a client send one packet, and returns what it is sent by that.
func (w *world) send(from FiveTuple, data []byte) [][]byte {
	before := len(w.toClient[from])
	w.do(w.core.Packet(w.now, from, data))
	return w.toClient[from][before:]
}
