package signal

import "time"

// How long to wait for what.
const (
	helloTimeout = 5 * time.Second  // from connecting to hello
	pingInterval = 20 * time.Second // proxies cut silent connections after 60 s
	deadAfter    = 45 * time.Second // without a frame or a pong: two pings lost
	writeTimeout = 10 * time.Second // for one frame
	closeTimeout = 5 * time.Second  // from deciding to close to cutting the connection
	awayTimeout  = time.Second      // the same when the server itself goes away
	overPause    = 100 * time.Millisecond
	resumeWindow = time.Minute      // from the end of a connection to that of its session
	tokenLife    = 5 * time.Minute  // of a resume token
	tokenRenewal = tokenLife / 2    // from one to the next on a connection
	heartbeat    = 15 * time.Second // of an event stream
)

// How large what may be, in bytes unless said otherwise.
const (
	helloFrameLimit = 16 << 10
	frameLimit      = 64 << 10
	smallLimit      = 1 << 10 // state, media
	idLimit         = 64
	nameLimit       = 64  // characters
	roomNameLimit   = 128 // characters
	keyMinimum      = 16  // characters
	keyLimit        = 256
	queueFrames     = 256 // frames
	queueBytes      = 512 << 10
	queueFloor      = 16 << 10       // that a queue may have, whatever others of its address have
	addressBytes    = 32 << 20       // in the queues of one client address
	queueControl    = 64             // frames that have no number
	ringFrames      = 256            // written and not acknowledged
	ringBytes       = 256 << 10      // of these
	backlogFrames   = 3 * 256        // in all of a session that is resumed
	backlogBytes    = 768 << 10      // of these
	ackEvery        = 32             // frames of a client are acknowledged, at the latest
	sharedEntries   = 16             // of a room's shared state
	sharedMost      = 24 * time.Hour // that an entry lasts
	testsMost       = 64             // on the server
	testLife        = 10 * time.Minute
	testSightings   = 256                    // that a test is told
	testBatch       = 64                     // of these in one frame
	testDelay       = 100 * time.Millisecond // until they are told
	kickedMost      = 256                    // sessions that a room remembers not to let in
	postFrames      = 64                     // in one POST
	postBytes       = 256 << 10              // of these
	tokenLimit      = 1 << 10                // a resume token
	heldCandidates  = 64                     // frames, of one session for one other
	heldBytes       = 256 << 10              // of one session
	heldMost        = 64 << 20               // bytes, in all
	knownFragments  = 16                     // user name fragments of ICE that a mailbox remembers
	seenCandidates  = 64                     // of one generation that are remembered
	malformedLimit  = 3                      // frames
	namesakes       = 16                     // sessions of one person
	nameReserve     = 5 * time.Minute        // a name is kept for who left it
	addressEntries  = 1 << 16                // client addresses remembered
	addressIdle     = 10 * time.Minute       // until an address or a user is forgotten
	userEntries     = 1 << 14                // users and API keys remembered
)

// Limits bound what clients may use. A zero field has its default.
type Limits struct {
	Sessions           int           // in all
	SessionsPerAddress int           // of one client address (a /64 of IPv6)
	Rooms              int           // that one session may be in
	RoomMembers        int           // of one room
	Calls              int           // pending or accepted, in all
	CallsPerSession    int           // pending or accepted, and per person called
	InviteTimeout      time.Duration // from invite to accept

	PerSession Rates
	PerAddress Rates
	PerUser    Rates // of who has a token, over all sessions; Messages is not counted
	PerAPIKey  Rates // only ICE, which counts all requests
}

// Rates are what a session, or a client address, may do over time.
type Rates struct {
	Connects Rate // new WebSocket connections; of an address
	ICE      Rate // requests of /v1/ice; of an address
	Messages Rate
	Joins    Rate
	Invites  Rate
	Tests    Rate
}

// DefaultLimits suit a public server. The rates of an address leave room for
// a classroom or an office behind one NAT.
func DefaultLimits() Limits {
	return Limits{
		Sessions:           10000,
		SessionsPerAddress: 1000,
		Rooms:              8,
		RoomMembers:        16,
		Calls:              10000,
		CallsPerSession:    8,
		InviteTimeout:      time.Minute,
		PerSession: Rates{
			// Joining a full room means a description and some twenty
			// candidates for each of fifteen members, at once.
			Messages: Rate{100, 1000},
			Joins:    Rate{2, 32},
			Invites:  Rate{1, 10},
			Tests:    Rate{0.1, 10},
		},
		PerAddress: Rates{
			Connects: Rate{50, 1000},
			ICE:      Rate{10, 200},
			Messages: Rate{1000, 10000},
			Joins:    Rate{50, 500},
			Invites:  Rate{10, 100},
			Tests:    Rate{1, 50},
		},
		PerUser: Rates{
			Connects: Rate{2, 100},
			ICE:      Rate{1, 50},
			Joins:    Rate{10, 160},
			Invites:  Rate{2, 30},
			Tests:    Rate{0.1, 10},
		},
		PerAPIKey: Rates{ICE: Rate{100, 2000}},
	}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	for _, field := range []struct{ set, def *int }{
		{&l.Sessions, &d.Sessions},
		{&l.SessionsPerAddress, &d.SessionsPerAddress},
		{&l.Rooms, &d.Rooms},
		{&l.RoomMembers, &d.RoomMembers},
		{&l.Calls, &d.Calls},
		{&l.CallsPerSession, &d.CallsPerSession},
	} {
		if *field.set <= 0 {
			*field.set = *field.def
		}
	}
	if l.InviteTimeout <= 0 {
		l.InviteTimeout = d.InviteTimeout
	}
	l.PerSession = l.PerSession.withDefaults(d.PerSession)
	l.PerAddress = l.PerAddress.withDefaults(d.PerAddress)
	l.PerUser = l.PerUser.withDefaults(d.PerUser)
	l.PerAPIKey = l.PerAPIKey.withDefaults(d.PerAPIKey)
	return l
}

func (r Rates) withDefaults(d Rates) Rates {
	for _, field := range []struct{ set, def *Rate }{
		{&r.Connects, &d.Connects},
		{&r.ICE, &d.ICE},
		{&r.Messages, &d.Messages},
		{&r.Joins, &d.Joins},
		{&r.Invites, &d.Invites},
		{&r.Tests, &d.Tests},
	} {
		if *field.set == (Rate{}) {
			*field.set = *field.def
		}
	}
	return r
}
