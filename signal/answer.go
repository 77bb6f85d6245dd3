package signal

import (
	"bytes"
	"encoding/json"
)

// The frames that the server sends. Each has its type filled in by whoever
// makes it; Re is the id of the frame that it answers.
type (
	welcomeFrame struct {
		Type    string       `json:"type"`
		Re      string       `json:"re,omitempty"`
		Version int          `json:"version"`
		Session string       `json:"session"`
		Name    string       `json:"name,omitempty"`
		User    string       `json:"user"`
		Time    int64        `json:"time"` // Unix time in milliseconds
		Limits  clientLimits `json:"limits"`
		ICE     ICE          `json:"ice"`
		Resumed *bool        `json:"resumed,omitempty"` // left out where there is nothing to resume
		Ack     uint64       `json:"ack,omitempty"`
		Resume  *resumeInfo  `json:"resume,omitempty"`
	}
	// resumeInfo lets a client carry on with its session over another connection.
	resumeInfo struct {
		Token     string `json:"token"`
		ExpiresAt int64  `json:"expires_at"` // Unix time in milliseconds
		Window    int64  `json:"window"`     // seconds
	}
	resumeFrame struct {
		Type   string     `json:"type"`
		Resume resumeInfo `json:"resume"`
	}
	ackFrame struct {
		Type string `json:"type"`
		Ack  uint64 `json:"ack"`
	}
	// presenceFrame tells that the connection of a session is lost, or is there again.
	presenceFrame struct {
		Type    string `json:"type"`
		Room    string `json:"room,omitempty"`
		Call    string `json:"call,omitempty"`
		Session string `json:"session"`
	}
	clientLimits struct {
		Frame         int   `json:"frame"` // bytes
		Rooms         int   `json:"rooms"`
		RoomMembers   int   `json:"room_members"`
		InviteTimeout int64 `json:"invite_timeout"` // seconds
	}
	iceFrame struct {
		Type string `json:"type"`
		ICE  ICE    `json:"ice"`
	}
	renewedFrame struct {
		Type      string `json:"type"`
		Re        string `json:"re,omitempty"`
		ExpiresAt int64  `json:"expires_at"` // Unix time in seconds
		ICE       ICE    `json:"ice"`
	}
	testingFrame struct {
		Type      string   `json:"type"`
		Re        string   `json:"re,omitempty"`
		User      string   `json:"user"`
		Address   string   `json:"address"`
		ICE       ICE      `json:"ice"`
		Discovery []string `json:"discovery"`  // STUN URLs
		ExpiresAt int64    `json:"expires_at"` // Unix time in milliseconds
	}
	relaySawFrame struct {
		Type   string            `json:"type"`
		Events []json.RawMessage `json:"events"`
	}
	pongFrame struct {
		Type string `json:"type"`
		Re   string `json:"re,omitempty"`
		Time int64  `json:"time"` // Unix time in milliseconds
	}
	errorFrame struct {
		Type    string `json:"type"`
		Re      string `json:"re,omitempty"`
		Code    string `json:"code"`
		Message string `json:"message"`
	}

	// memberInfo shows one member to another.
	memberInfo struct {
		Session string          `json:"session"`
		Name    string          `json:"name,omitempty"`
		State   json.RawMessage `json:"state,omitempty"`
		Polite  bool            `json:"polite"`         // the reader's role towards this member
		Away    bool            `json:"away,omitempty"` // its connection is lost, but it may be back
	}
	joinedFrame struct {
		Type    string       `json:"type"`
		Re      string       `json:"re,omitempty"`
		Room    string       `json:"room"`
		Owner   string       `json:"owner"` // a session
		Locked  bool         `json:"locked,omitempty"`
		Limit   int          `json:"limit"`
		Members []memberInfo `json:"members"`
		Shared  []sharedInfo `json:"shared,omitempty"`
	}
	// roomFrame tells that what a room is has changed.
	roomFrame struct {
		Type   string `json:"type"`
		Room   string `json:"room"`
		Owner  string `json:"owner"`
		Locked bool   `json:"locked"`
	}
	moveFrame struct {
		Type  string `json:"type"`
		To    string `json:"to"`
		After int64  `json:"after"` // milliseconds
	}
	kickedFrame struct {
		Type string `json:"type"`
		Room string `json:"room"`
	}
	// sharedInfo is an entry of a room's shared state.
	sharedInfo struct {
		Entry   string          `json:"entry"`
		Value   json.RawMessage `json:"value"`
		By      string          `json:"by,omitempty"`         // the session that set it
		Expires int64           `json:"expires_at,omitempty"` // Unix time in milliseconds
	}
	roomStateFrame struct {
		Type string `json:"type"`
		Room string `json:"room"`
		sharedInfo
	}
	memberJoinedFrame struct {
		Type   string     `json:"type"`
		Room   string     `json:"room"`
		Member memberInfo `json:"member"`
	}
	memberStateFrame struct {
		Type    string          `json:"type"`
		Room    string          `json:"room"`
		Session string          `json:"session"`
		State   json.RawMessage `json:"state"`
	}
	leftFrame struct {
		Type string `json:"type"`
		Re   string `json:"re,omitempty"`
		Room string `json:"room"`
	}
	memberLeftFrame struct {
		Type    string `json:"type"`
		Room    string `json:"room"`
		Session string `json:"session"`
		Reason  string `json:"reason"`
		Owner   string `json:"owner,omitempty"` // of the room now, if that was its owner
	}

	// peerInfo shows one side of a call to the other.
	peerInfo struct {
		Session string `json:"session"`
		Name    string `json:"name,omitempty"`
	}
	callingFrame struct {
		Type string `json:"type"`
		Re   string `json:"re,omitempty"`
		Call string `json:"call"`
		Name string `json:"name"`
	}
	ringFrame struct {
		Type  string          `json:"type"`
		Call  string          `json:"call"`
		From  peerInfo        `json:"from"`
		Media json.RawMessage `json:"media,omitempty"`
	}
	ringingFrame struct {
		Type string `json:"type"`
		Call string `json:"call"`
	}
	acceptedFrame struct {
		Type   string   `json:"type"`
		Re     string   `json:"re,omitempty"`
		Call   string   `json:"call"`
		Peer   peerInfo `json:"peer"`
		Polite bool     `json:"polite"`
	}
	callEndedFrame struct {
		Type   string `json:"type"`
		Call   string `json:"call"`
		Reason string `json:"reason"`
	}

	descriptionFrame struct {
		Type        string          `json:"type"`
		From        string          `json:"from"`
		Description json.RawMessage `json:"description"`
	}
	candidateFrame struct {
		Type      string          `json:"type"`
		From      string          `json:"from"`
		Candidate json.RawMessage `json:"candidate"`
	}
	endOfCandidatesFrame struct {
		Type string `json:"type"`
		From string `json:"from"`
	}
)

// encode writes one of the frames above. Descriptions keep their angle
// brackets as they are: nobody reads this as HTML. A frame that cannot be
// encoded is nil, and not sent; parse lets no such payload in.
func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return nil
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
