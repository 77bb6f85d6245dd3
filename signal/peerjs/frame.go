package peerjs

import (
	"bytes"
	"encoding/json"
	"regexp"
)

// The types of messages. A client takes ERROR and ID-TAKEN for the end.
const (
	typeOpen      = "OPEN"
	typeIDTaken   = "ID-TAKEN"
	typeError     = "ERROR"
	typeOffer     = "OFFER"
	typeAnswer    = "ANSWER"
	typeCandidate = "CANDIDATE"
	typeLeave     = "LEAVE"
	typeExpire    = "EXPIRE"
)

// What the payload of ERROR says, in PeerServer's words where it has some.
const (
	invalidKey        = "Invalid key provided"
	invalidParameters = "No id, token, or key supplied to websocket server"
	invalidID         = "Invalid id: 1 to 128 letters and digits, with single spaces, - or _ between them"
	invalidMessages   = "Three messages did not parse"
)

// message is what both sides send.
type message struct {
	Type    string          `json:"type"`
	Src     string          `json:"src,omitempty"`
	Dst     string          `json:"dst,omitempty"`
	Payload json.RawMessage `json:"payload,omitempty"`
}

// carried tells whether a message is one that peers have for each other.
func (m *message) carried() bool {
	return m.Type == typeOffer || m.Type == typeAnswer || m.Type == typeCandidate
}

// parse reads a client's message. What it says of src does not count. A
// message that peers have for each other needs an addressee and an object as
// payload, on whose members the client at the other end relies.
func parse(frame []byte) (*message, bool) {
	m := new(message)
	if json.Unmarshal(frame, m) != nil || m.Type == "" {
		return nil, false
	}
	m.Src = ""
	if m.carried() && (m.Dst == "" || len(m.Payload) == 0 || m.Payload[0] != '{') {
		return nil, false
	}
	return m, true
}

func (m *message) encode() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(m) != nil {
		return nil // the payload has been parsed, so this does not happen
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// failure is a message with a sentence for payload.
func failure(kind, text string) []byte {
	payload, _ := json.Marshal(map[string]string{"msg": text})
	return (&message{Type: kind, Payload: payload}).encode()
}

// validIDs are what the client takes for its own id.
var validIDs = regexp.MustCompile(`^[A-Za-z0-9]+(?:[ _-][A-Za-z0-9]+)*$`)

func validID(id string) bool { return len(id) <= idLimit && validIDs.MatchString(id) }
