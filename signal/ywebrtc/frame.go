package ywebrtc

import (
	"bytes"
	"encoding/json"
	"strconv"
)

// frame is what a client sends. The members of a publication are kept as they
// came, since only its subscribers know what they mean.
type frame struct {
	kind    string
	topics  []string
	topic   string
	members map[string]json.RawMessage
}

var pong = []byte(`{"type":"pong"}`)

// parse reads a client's frame. Names of topics that are longer than topicLimit
// do not parse.
func parse(data []byte) (*frame, bool) {
	f := new(frame)
	if json.Unmarshal(data, &f.members) != nil || !text(f.members["type"], &f.kind) {
		return nil, false
	}
	switch f.kind {
	case "subscribe", "unsubscribe":
		if raw, ok := f.members["topics"]; ok && json.Unmarshal(raw, &f.topics) != nil {
			return nil, false
		}
		for _, topic := range f.topics {
			if topic == "" || len(topic) > topicLimit {
				return nil, false
			}
		}
	case "publish":
		if !text(f.members["topic"], &f.topic) || len(f.topic) > topicLimit {
			return nil, false
		}
	}
	return f, true
}

// text reads a string that is not empty.
func text(raw json.RawMessage, into *string) bool {
	return len(raw) > 0 && json.Unmarshal(raw, into) == nil && *into != ""
}

// publication is what all subscribers get: what was published, and how many
// they are.
func (f *frame) publication(clients int) []byte {
	f.members["clients"] = json.RawMessage(strconv.Itoa(clients))
	return encode(f.members)
}

// failure says what was wrong with a frame.
func failure(code, message string) []byte {
	return encode(map[string]string{"type": "error", "code": code, "message": message})
}

func encode(v any) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return nil // what has been parsed can be written
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
