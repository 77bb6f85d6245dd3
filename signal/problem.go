package signal

// problem is why a frame was refused; the client is told in an error frame.
type problem struct {
	code    string
	message string
}

// The codes of the error frame.
const (
	badFrame     = "bad-frame"
	unknownType  = "unknown-type"
	helloFirst   = "hello-first"
	wrongVersion = "version"
	nameTaken    = "name-taken"
	badName      = "bad-name"
	roomFull     = "room-full"
	tooManyRooms = "too-many-rooms"
	notInRoom    = "not-in-room"
	noSuchPeer   = "no-such-peer"
	noSuchCall   = "no-such-call"
	tooManyCode  = "too-many"

	noSuchSession = "no-session"
	noSuchRoom    = "no-such-room"
	roomLocked    = "room-locked"
	notOwner      = "not-owner"
	kickedOut     = "kicked"

	unauthorized    = "unauthorized"
	badToken        = "bad-token"
	forbidden       = "forbidden"
	keysUnavailable = "keys-unavailable"
	unavailable     = "unavailable"

	badRequest = "bad-request" // of HTTP alone
)

// The codes of the close frame. 4400 to 4499 mean "connect again, with growing
// pauses", 4500 to 4599 "do not".
const (
	closeNothing   = 0 // the client has closed, or cannot hear us
	closeNormal    = 1000
	closeGoingAway = 1001
	closeTooLarge  = 1009
	closeSlow      = 4400
	closeNoHello   = 4401
	closeDead      = 4408
	closeFull      = 4429
	closeMalformed = 4500
	closeProof     = 4501
	closeRefused   = 4503

	closeSuperseded = 4509
)
