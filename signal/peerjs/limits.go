package peerjs

import "time"

const (
	sweepInterval = time.Second
	// expireAfter is how long a message waits for its peer, at the least: the
	// peer may be connecting again.
	expireAfter = 5 * time.Second

	idLimit    = 128 // characters
	tokenLimit = 4 << 10
	talkLimit  = 1024    // peers that one client remembers to have talked to
	heldIDs    = 1 << 14 // ids held for who is away; beyond, an id is free at once
)

// Messages to who is not there wait within these bounds, in bytes. Each counts
// letterCost beside its frame, for what keeping it takes.
const (
	boxLimit    = 256 << 10 // for one id; it fits into the queue of a connection
	boxLetters  = 128       // the same, in messages
	senderLimit = 256 << 10 // of one sender
	mailLimit   = 64 << 20  // in all
	letterCost  = 512
)
