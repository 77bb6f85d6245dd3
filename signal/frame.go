package signal

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode"
	"unicode/utf8"
)

// frame is what a client sends: the fields of all types together, those of one
// type set. Descriptions, candidates, states and media are kept as they came.
type frame struct {
	Type        string          `json:"type"`
	ID          string          `json:"id"`
	Version     int             `json:"version"`
	Name        *string         `json:"name"`
	Key         string          `json:"key"`
	Resume      *string         `json:"resume"` // a token; empty: the session is to be one that can be resumed
	Ack         uint64          `json:"ack"`    // the newest frame that was received
	N           uint64          `json:"n"`      // counts the client's frames
	Room        *string         `json:"room"`
	Secret      string          `json:"secret"`   // of a room
	Existing    bool            `json:"existing"` // the room is not to be made
	Limit       int             `json:"limit"`    // of members, for a room that is made
	Session     string          `json:"session"`  // who is to leave
	Entry       string          `json:"entry"`    // of the room's shared state
	Value       json.RawMessage `json:"value"`
	TTL         int64           `json:"ttl"` // seconds
	State       json.RawMessage `json:"state"`
	Media       json.RawMessage `json:"media"`
	Call        string          `json:"call"`
	Reason      string          `json:"reason"`
	To          string          `json:"to"`
	Description json.RawMessage `json:"description"`
	Candidate   json.RawMessage `json:"candidate"`
	Token       string          `json:"token"`     // of hello and token
	Invite      string          `json:"invite"`    // of hello
	Outcome     string          `json:"outcome"`   // of report
	Transport   string          `json:"transport"` // of report
	Why         string          `json:"why"`       // of report

	ufrag string // of the candidate, if it shows one
}

// parse reads a client's frame. The frame is never nil; with a problem it
// holds what could be read, for the id.
func parse(data []byte) (*frame, *problem) {
	f := new(frame)
	// Browsers close a connection on which they hear invalid UTF-8, so what
	// one client wrote could end another's.
	if !utf8.Valid(data) {
		return f, &problem{badFrame, "the frame is not UTF-8"}
	}
	if data = bytes.TrimLeft(data, " \t\r\n"); len(data) == 0 || data[0] != '{' {
		return f, &problem{badFrame, "the frame is not a JSON object"}
	}
	if err := json.Unmarshal(data, f); err != nil {
		if len(f.ID) > idLimit {
			f.ID = ""
		}
		var mistyped *json.UnmarshalTypeError
		if errors.As(err, &mistyped) {
			return f, &problem{badFrame, "the field " + mistyped.Field + " has the wrong type"}
		}
		return f, &problem{badFrame, "the frame is not JSON"}
	}
	if len(f.ID) > idLimit {
		f.ID = ""
		return f, &problem{badFrame, "the id is longer than 64 bytes"}
	}
	return f, f.check()
}

// check finds the fields that the type needs, and makes null the same as left out.
func (f *frame) check() *problem {
	switch f.Type {
	case "hello":
		if f.Key != "" && (utf8.RuneCountInString(f.Key) < keyMinimum || len(f.Key) > keyLimit) {
			return &problem{badFrame, "the key has fewer than 16 characters or more than 256 bytes"}
		}
	case "ping", "ack", "bye", "test", "test-end":
	case "token":
		if f.Token == "" {
			return missing("token")
		}
	case "report":
		return f.checkReport()
	case "join":
		if f.Room == nil {
			return missing("room")
		}
		if len(f.Secret) > keyLimit {
			return &problem{badFrame, "the secret is longer than 256 bytes"}
		}
		if f.Limit < 0 {
			return &problem{badFrame, "the limit is less than nothing"}
		}
		return small("state", &f.State)
	case "lock", "unlock":
		if f.Room == nil {
			return missing("room")
		}
	case "kick":
		if f.Room == nil {
			return missing("room")
		}
		if f.Session == "" {
			return missing("session")
		}
	case "room-state":
		return f.checkRoomState()
	case "state":
		if f.Room == nil {
			return missing("room")
		}
		if isNull(f.State) {
			return missing("state")
		}
		return small("state", &f.State)
	case "leave":
		if f.Room == nil {
			return missing("room")
		}
	case "invite":
		if f.Name == nil {
			return missing("name")
		}
		return small("media", &f.Media)
	case "decline":
		if f.Reason == "" {
			f.Reason = reasonDeclined
		}
		if f.Reason != reasonDeclined && f.Reason != reasonBusy {
			return &problem{badFrame, "the reason must be declined or busy"}
		}
		fallthrough
	case "ringing", "accept", "cancel", "hangup":
		if f.Call == "" {
			return missing("call")
		}
	case "description":
		if f.To == "" {
			return missing("to")
		}
		if !isObject(f.Description) {
			return &problem{badFrame, "the description is not an object"}
		}
	case "candidate":
		if f.To == "" {
			return missing("to")
		}
		return f.checkCandidate()
	case "end-of-candidates":
		if f.To == "" {
			return missing("to")
		}
	case "":
		return missing("type")
	default:
		return &problem{unknownType, "there is no such type of frame"}
	}
	return nil
}

// checkCandidate turns what browsers of all ages send at the end of the
// candidates (null, nothing, an empty string) into a frame of its own.
func (f *frame) checkCandidate() *problem {
	var init struct {
		Candidate *string `json:"candidate"`
		Ufrag     any     `json:"usernameFragment"`
	}
	switch {
	case isNull(f.Candidate), string(f.Candidate) == `""`:
	case !isObject(f.Candidate):
		return &problem{badFrame, "the candidate is not an object"}
	case json.Unmarshal(f.Candidate, &init) != nil:
		return &problem{badFrame, "the field candidate of the candidate has the wrong type"}
	case init.Candidate != nil && *init.Candidate != "":
		f.ufrag, _ = init.Ufrag.(string)
		return nil
	}
	f.Type, f.Candidate = "end-of-candidates", nil
	return nil
}

func missing(field string) *problem {
	return &problem{badFrame, "the field " + field + " is missing"}
}

// small checks an object that clients show to each other.
func small(field string, raw *json.RawMessage) *problem {
	if isNull(*raw) {
		*raw = nil
		return nil
	}
	if !isObject(*raw) {
		return &problem{badFrame, "the " + field + " is not an object"}
	}
	if len(*raw) > smallLimit {
		return &problem{badFrame, "the " + field + " is larger than 1 KiB"}
	}
	return nil
}

func isNull(raw json.RawMessage) bool   { return len(raw) == 0 || string(raw) == "null" }
func isObject(raw json.RawMessage) bool { return len(raw) > 0 && raw[0] == '{' }

// printable tells whether a name can be shown, and told from others: not empty, not
// longer than limit characters, and without what controls the terminal, turns the
// direction of the text around it, or is not seen. Emoji and some scripts need joiners.
func printable(name string, limit int) bool {
	if utf8.RuneCountInString(name) > limit {
		return false
	}
	seen := false
	for _, r := range name {
		switch {
		case r == '\u200c' || r == '\u200d':
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Other_Default_Ignorable_Code_Point):
			return false
		case !unicode.IsSpace(r):
			seen = true
		}
	}
	return seen
}
