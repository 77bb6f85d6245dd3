package signal

import (
	"strings"
	"testing"
)

func TestFramesThatDoNotParse(t *testing.T) {
	long := strings.Repeat("x", 1024)
	for _, text := range []string{
		``, ` `, `null`, `[]`, `"hello"`, `17`, `{`, `{"type"`, `{"type": "leave", "room": "r"} x`,
		`{}`, `{"type": 1}`, `{"type": null}`,
		"{\"type\": \"leave\", \"room\": \"\xff\"}",
		`{"type": "leave", "room": "r", "id": "` + strings.Repeat("i", 65) + `"}`,
		`{"type": "leave", "room": "r", "id": 3}`,
		`{"type": "hello", "version": "1"}`,
		`{"type": "hello", "version": 1.5}`,
		`{"type": "hello", "version": 1, "name": ["ada"]}`,
		`{"type": "hello", "version": 1, "name": "ada", "key": "short"}`,
		`{"type": "hello", "version": 1, "name": "ada", "key": "` + long + `"}`,
		`{"type": "join"}`, `{"type": "join", "room": null}`, `{"type": "join", "room": {}}`,
		`{"type": "join", "room": "r", "state": []}`,
		`{"type": "join", "room": "r", "state": {"x": "` + long + `"}}`,
		`{"type": "leave"}`,
		`{"type": "state", "room": "r"}`, `{"type": "state", "room": "r", "state": null}`,
		`{"type": "state", "room": "r", "state": "muted"}`, `{"type": "state", "state": {}}`,
		`{"type": "invite"}`, `{"type": "invite", "name": "bob", "media": true}`,
		`{"type": "invite", "name": "bob", "media": {"x": "` + long + `"}}`,
		`{"type": "ringing"}`, `{"type": "accept"}`, `{"type": "cancel", "call": ""}`, `{"type": "hangup", "call": 7}`,
		`{"type": "decline"}`, `{"type": "decline", "call": "c", "reason": "<script>"}`,
		`{"type": "description", "description": {}}`, `{"type": "description", "to": "s"}`,
		`{"type": "description", "to": "s", "description": null}`,
		`{"type": "description", "to": "s", "description": "v=0"}`,
		`{"type": "description", "to": ["s", "t"], "description": {}}`,
		`{"type": "candidate", "candidate": null}`,
		`{"type": "candidate", "to": "s", "candidate": "candidate:1"}`,
		`{"type": "candidate", "to": "s", "candidate": [null]}`,
		`{"type": "candidate", "to": "s", "candidate": {"candidate": 1}}`,
		`{"type": "end-of-candidates"}`,
	} {
		if f, p := parse([]byte(text)); p == nil || p.code != badFrame {
			t.Errorf("%.80s: got %+v, %v; want bad-frame", text, f, p)
		}
	}
}

func TestAnUnknownTypeIsNoBadFrame(t *testing.T) {
	f, p := parse([]byte(`{"type": "dance", "id": "7", "with": ["somebody"]}`))
	if p == nil || p.code != unknownType || f.ID != "7" {
		t.Errorf("got %+v, %v", f, p)
	}
}

func TestUnknownFieldsAreIgnored(t *testing.T) {
	if _, p := parse([]byte(` {"type": "leave", "room": "r", "mood": {"tired": true}}`)); p != nil {
		t.Error(*p)
	}
}

func TestABadFieldStillTellsTheID(t *testing.T) {
	f, p := parse([]byte(`{"type": "join", "room": 3, "id": "7"}`))
	if p == nil || p.message != "the field room has the wrong type" || f.ID != "7" {
		t.Errorf("got %+v, %v", f, p)
	}
}

func TestEndOfCandidatesHasManyForms(t *testing.T) {
	for _, text := range []string{
		`{"type": "end-of-candidates", "to": "s"}`,
		`{"type": "candidate", "to": "s"}`,
		`{"type": "candidate", "to": "s", "candidate": null}`,
		`{"type": "candidate", "to": "s", "candidate": ""}`,
		`{"type": "candidate", "to": "s", "candidate": {}}`,
		`{"type": "candidate", "to": "s", "candidate": {"candidate": null}}`,
		`{"type": "candidate", "to": "s", "candidate": {"candidate": "", "sdpMid": "0"}}`,
	} {
		if f, p := parse([]byte(text)); p != nil || f.Type != "end-of-candidates" || f.Candidate != nil {
			t.Errorf("%s: got %+v, %v", text, f, p)
		}
	}
}

func TestNamesThatCanBeShown(t *testing.T) {
	for name, want := range map[string]bool{
		"ada": true, "Ада Лавлейс": true, "李 👩‍💻": true, strings.Repeat("é", 64): true,
		"": false, strings.Repeat("x", 65): false, "a\nb": false, "a\x00": false, "\x7f": false, "\u0085": false,
		"bob\u202egnp": false, "\u2066ada": false, "a\u2028b": false,
		"ada\u200b": false, "\u3164": false, "ada\u00ad": false, " ": false, "\u200d": false, // which look like another, or like none
	} {
		if printable(name, nameLimit) != want {
			t.Errorf("%q: want %v", name, want)
		}
	}
}

// FuzzParse looks for frames that parse and yet would hurt who gets them.
func FuzzParse(f *testing.F) {
	for _, example := range examples(f, "json client") {
		f.Add([]byte(example))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		frame, p := parse(data)
		if frame == nil || len(frame.ID) > idLimit {
			t.Fatalf("got %+v", frame)
		}
		if p != nil {
			if p.code == "" || p.message == "" {
				t.Fatalf("an empty problem: %v", p)
			}
			return
		}
		switch frame.Type {
		case "description":
			if encode(descriptionFrame{"description", "s", frame.Description}) == nil {
				t.Error("a description that cannot be passed on")
			}
		case "candidate":
			if encode(candidateFrame{"candidate", "s", frame.Candidate}) == nil {
				t.Error("a candidate that cannot be passed on")
			}
		case "join", "state":
			if len(frame.State) > smallLimit || encode(memberInfo{State: frame.State}) == nil {
				t.Error("a state that cannot be shown")
			}
		}
	})
}
