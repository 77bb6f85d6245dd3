package signal

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

var serverFrames = map[string]any{
	"welcome":           welcomeFrame{},
	"ice":               iceFrame{},
	"resume":            resumeFrame{},
	"ack":               ackFrame{},
	"member-away":       presenceFrame{},
	"member-back":       presenceFrame{},
	"room":              roomFrame{},
	"room-state":        roomStateFrame{},
	"kicked":            kickedFrame{},
	"move":              moveFrame{},
	"pong":              pongFrame{},
	"testing":           testingFrame{},
	"relay-saw":         relaySawFrame{},
	"renewed":           renewedFrame{},
	"error":             errorFrame{},
	"joined":            joinedFrame{},
	"member-joined":     memberJoinedFrame{},
	"member-state":      memberStateFrame{},
	"left":              leftFrame{},
	"member-left":       memberLeftFrame{},
	"calling":           callingFrame{},
	"ring":              ringFrame{},
	"ringing":           ringingFrame{},
	"accepted":          acceptedFrame{},
	"call-ended":        callEndedFrame{},
	"description":       descriptionFrame{},
	"candidate":         candidateFrame{},
	"end-of-candidates": endOfCandidatesFrame{},
}

// examples are the blocks of PROTOCOL.md marked with this language.
func examples(t testing.TB, language string) []string {
	t.Helper()
	text, err := os.ReadFile("PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, match := range regexp.MustCompile("(?s)```"+language+"\n(.*?)\n```\n").FindAllSubmatch(text, -1) {
		found = append(found, string(match[1]))
	}
	if len(found) == 0 {
		t.Fatalf("no examples marked %q", language)
	}
	return found
}

// table is the first column of the rows under a heading of PROTOCOL.md.
func table(t *testing.T, heading string) []string {
	t.Helper()
	text, err := os.ReadFile("PROTOCOL.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(text), "\n## "+heading+"\n")
	if !ok {
		t.Fatalf("no heading %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var cells []string
	for _, match := range regexp.MustCompile("(?m)^\\| `?([a-z0-9-]+)`? \\|").FindAllStringSubmatch(section, -1) {
		if match[1] != "code" && match[1] != "reason" && match[1] != "---" {
			cells = append(cells, match[1])
		}
	}
	if len(cells) == 0 {
		t.Fatalf("no table under %q", heading)
	}
	return cells
}

func TestEveryClientExampleIsAccepted(t *testing.T) {
	for _, example := range examples(t, "json client") {
		f, p := parse([]byte(example))
		if p != nil {
			t.Errorf("%s\nis refused: %v", example, *p)
			continue
		}
		// Every field of the example is one that the server knows.
		d := json.NewDecoder(strings.NewReader(example))
		d.DisallowUnknownFields()
		if err := d.Decode(new(frame)); err != nil {
			t.Errorf("%s\nhas a field unknown to the server: %v", example, err)
		}
		var kind struct{ Type string }
		json.Unmarshal([]byte(example), &kind)
		if f.Type != kind.Type {
			t.Errorf("%s\nis taken for %s", example, f.Type)
		}
	}
}

func TestEveryServerExampleIsWhatTheServerSends(t *testing.T) {
	seen := make(map[string]bool)
	for _, example := range examples(t, "json server") {
		var want map[string]any
		if err := json.Unmarshal([]byte(example), &want); err != nil {
			t.Fatalf("%s\n%v", example, err)
		}
		kind, _ := want["type"].(string)
		if serverFrames[kind] == nil {
			t.Errorf("%s\nhas a type that the server never sends", example)
			continue
		}
		seen[kind] = true
		frame := reflect.New(reflect.TypeOf(serverFrames[kind]))
		d := json.NewDecoder(strings.NewReader(example))
		d.DisallowUnknownFields()
		if err := d.Decode(frame.Interface()); err != nil {
			t.Errorf("%s\n%v", example, err)
			continue
		}
		var got map[string]any
		if err := json.Unmarshal(encode(frame.Interface()), &got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("the example %v\nbecomes %v", want, got)
		}
	}
	for kind := range serverFrames {
		if !seen[kind] {
			t.Errorf("the frame %s has no example", kind)
		}
	}
}

func TestTheICEExampleIsWhatTheEndpointAnswers(t *testing.T) {
	d := json.NewDecoder(strings.NewReader(examples(t, "json")[0]))
	d.DisallowUnknownFields()
	var ice ICE
	if err := d.Decode(&ice); err != nil {
		t.Fatal(err)
	}
	if len(ice.ICEServers) != 1 || len(ice.ICEServers[0].URLs) != 2 || ice.TTL != 43200 {
		t.Errorf("got %+v", ice)
	}
}

func TestEncodingKeepsAngleBrackets(t *testing.T) {
	got := encode(descriptionFrame{"description", "s-1", json.RawMessage(`{"sdp":"<&>"}`)})
	if !bytes.Contains(got, []byte(`"<&>"`)) {
		t.Errorf("got %s", got)
	}
}
