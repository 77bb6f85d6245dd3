// Package turn is the TURN protocol (RFC 8656, RFC 8489) without I/O.
//
// A Core is a function of (event, now): each of its methods is one event, takes the time as an argument, and returns the effects that the
// event has: messages to send, relay sockets to open or close, channels bound or dropped. A Core has no socket, no clock, no goroutine
// and no randomness of its own, and is not safe for concurrent use: whoever owns a shard owns its Core.
//
// What several shards share (quotas, live relays) is in a Registry, which is safe for concurrent use; a Policy is immutable.
package turn

import (
	"io"
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

// Lifetimes of RFC 8656 §§5, 9 and 12.
const (
	DefaultLifetime    = 10 * time.Minute
	MaxLifetime        = time.Hour
	PermissionLifetime = 5 * time.Minute
	ChannelLifetime    = 10 * time.Minute
)

// Config is what a Core needs to know of its server.
type Config struct {
	Realm       string
	Credentials *Credentials
	Policy      *Policy
	Registry    *Registry
	Shard       int // this Core's number in the registry

	NonceKey [32]byte  // one for all shards, so that a client may come back to another
	Rand     io.Reader // where transaction ids of indications come from

	IPv4, IPv6   bool // relay families that can be had
	FollowFamily bool // where the client names none, the family it speaks to us by is used; else IPv4 (RFC 8656 §7.2)

	TCPRelays    bool       // RFC 6062
	Mobility     bool       // RFC 8016
	DontFragment bool       // the edge can set the DF bit of one datagram
	Discovery    *Discovery // RFC 5780

	MaxSession     time.Duration // after which an allocation is not refreshed any more; 0 is no limit
	MaxPermissions int           // per allocation; 0 is no limit
	LastChannel    uint16        // highest channel number; 0 is 0x7FFF, as RFC 5766 has it
}

// A Core is the state of one shard. See the package documentation.
type Core struct {
	cfg         Config
	nonces      nonces
	credentials *Credentials
	policy      *Policy
	registry    *Registry

	clients map[FiveTuple]*allocation
	relays  map[RelayID]*allocation
	mobile  map[RelayID]*allocation // those that have tickets
	conns   map[ConnID]*connection
	public  map[netip.AddrPort]*allocation // by relayed transport address, for relay-to-relay on this shard
	listed  []*allocation                  // those that have begun, in no order
	untold  map[*allocation]struct{}       // watched ones of which the next tick has something to tell
	lastID  RelayID
	wheel   wheel
	answers answers
	held    []held

	discovery  *Discovery
	alternates []netip.AddrPort
	draining   bool

	counters Counters
	refusals map[Refusal]uint64
	census   Census
	effects  []Effect
	in       request

	indicationID [stun.TransactionIDSize]byte
	out          stun.Message
	arena        []byte // holds what effects point to; valid until the next event
}

// New returns a Core with no state.
func New(cfg Config) *Core {
	if cfg.LastChannel == 0 {
		cfg.LastChannel = 0x7FFF
	}
	return &Core{
		cfg:         cfg,
		nonces:      newNonces(cfg.NonceKey),
		credentials: cfg.Credentials,
		policy:      cfg.Policy,
		registry:    cfg.Registry,
		clients:     make(map[FiveTuple]*allocation),
		relays:      make(map[RelayID]*allocation),
		mobile:      make(map[RelayID]*allocation),
		conns:       make(map[ConnID]*connection),
		public:      make(map[netip.AddrPort]*allocation),
		untold:      make(map[*allocation]struct{}),
		answers:     newAnswers(),
		refusals:    make(map[Refusal]uint64),
		discovery:   cfg.Discovery,
	}
}

// begin starts an event: what the last one returned is void from here on.
func (c *Core) begin() {
	c.effects = c.effects[:0]
	c.arena = c.arena[:0]
}

func (c *Core) emit(e Effect) { c.effects = append(c.effects, e) }

// keep copies b to where it stays until the next event.
func (c *Core) keep(b []byte) []byte {
	start := len(c.arena)
	c.arena = append(c.arena, b...)
	return c.arena[start:len(c.arena):len(c.arena)]
}

// Packet is one datagram, or one frame of a stream, from a client.
func (c *Core) Packet(now time.Time, from FiveTuple, data []byte) []Effect {
	c.begin()
	switch {
	case len(data) >= 4 && data[0]>>6 == 1:
		c.channelData(now, from, data)
	case len(data) >= headerSize && data[0]>>6 == 0:
		c.message(now, from, data)
	default:
		c.drop(DropGarbage)
	}
	return c.effects
}

// message dispatches a STUN message.
func (c *Core) message(now time.Time, from FiveTuple, data []byte) {
	req := &c.in
	if !req.parse(from, data) {
		c.drop(DropMalformed)
		return
	}
	switch {
	case req.Type.Class == stun.ClassIndication && req.Type.Method == stun.MethodSend:
		c.send(now, req)
	case req.Type.Class == stun.ClassIndication && req.Type.Method == stun.MethodBinding:
		// A keepalive; it is answered by nothing (RFC 8489 §6.3.2).
	case req.Type.Class == stun.ClassRequest:
		if !c.travels(req, data) {
			c.request(now, req)
		}
	default:
		c.drop(DropUnexpected)
	}
}

// request answers one request once; a retransmission gets the same answer and changes nothing.
func (c *Core) request(now time.Time, req *request) {
	c.counters.Requests++
	if req.Type.Method != stun.MethodBinding && c.discovery.alternate(req.from) {
		c.drop(DropMethod)
		return
	}
	if answer, ok := c.answers.get(req.from, req.TransactionID, now); ok {
		c.counters.Retransmissions++
		c.emit(Effect{Op: SendClient, Client: req.from, Data: c.keep(answer)})
		return
	}
	switch req.Type.Method {
	case stun.MethodBinding:
		c.binding(now, req)
	case stun.MethodAllocate:
		c.authenticated(now, req, c.allocate)
	case stun.MethodRefresh:
		c.authenticated(now, req, c.refresh)
	case stun.MethodCreatePermission:
		c.authenticated(now, req, c.createPermission)
	case stun.MethodChannelBind:
		c.authenticated(now, req, c.channelBind)
	case stun.MethodConnect:
		c.authenticated(now, req, c.connect)
	case stun.MethodConnectionBind:
		c.authenticated(now, req, c.connectionBind)
	default:
		c.drop(DropMethod)
	}
}

// Closed is the end of a client's stream: its allocation goes with it (RFC 8656 §7.3).
func (c *Core) Closed(now time.Time, client FiveTuple) []Effect {
	c.begin()
	if a := c.clients[client]; a != nil {
		c.remove(now, a, EndClosed)
	}
	return c.effects
}

// Tick lets everything expire whose time has come; it is called about once a second.
func (c *Core) Tick(now time.Time) []Effect {
	c.begin()
	c.wheel.advance(now, func(a *allocation) { c.sweep(now, a, EndExpired) })
	c.answers.expire(now)
	c.expireReservations(now)
	c.tellTraffic(now)
	return c.effects
}

// Shutdown ends every allocation.
func (c *Core) Shutdown(now time.Time) []Effect {
	c.begin()
	for _, a := range c.clients {
		c.remove(now, a, EndShutdown)
	}
	c.expireReservations(now.Add(reservationLifetime))
	return c.effects
}

// SetPolicy replaces the peer policy; what it refuses is refused from the next packet on.
func (c *Core) SetPolicy(p *Policy) { c.policy = p }

// SetCredentials replaces secrets and users; allocations that live keep the key they were made with.
func (c *Core) SetCredentials(cr *Credentials) { c.credentials = cr }

// SetLimits replaces MaxPermissions and MaxSession of the configuration.
func (c *Core) SetLimits(maxPermissions int, maxSession time.Duration) {
	c.cfg.MaxPermissions, c.cfg.MaxSession = maxPermissions, maxSession
}

// Allocations is the number of live allocations.
func (c *Core) Allocations() int { return len(c.clients) }

// Counters returns what has been counted so far.
func (c *Core) Counters() Counters { return c.counters }
