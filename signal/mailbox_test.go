package signal

import (
	"strings"
	"testing"
)

func TestACandidateThatCrossesItsDescriptionIsHeld(t *testing.T) {
	l := newLoopbackLab(t)
	p := l.people("r", "ada", "bob")
	for _, text := range []string{"first", "second"} {
		p[0].sendf(`{"type": "candidate", "to": %q, "candidate": {"candidate": %q, "sdpMid": "0"}}`, p[1].session, text)
	}
	p[0].sendf(`{"type": "candidate", "to": %q, "candidate": null}`, p[1].session)
	p[0].expectNothing()
	p[1].expectNothing()

	// A description the other way does not let them go.
	p[1].sendf(`{"type": "description", "to": %q, "description": {"type": "offer"}}`, p[0].session)
	p[0].expect("description")
	p[1].expectNothing()

	p[0].sendf(`{"type": "description", "to": %q, "description": {"type": "answer"}}`, p[1].session)
	p[0].sendf(`{"type": "candidate", "to": %q, "candidate": {"candidate": "late"}}`, p[1].session)
	p[1].expect("description")
	for _, want := range []string{"first", "second"} {
		frame := p[1].expect("candidate")
		if got := frame["candidate"].(map[string]any)["candidate"]; got != want || frame["from"] != p[0].session {
			t.Errorf("got %v, want %s", frame, want)
		}
	}
	if frame := p[1].expect("end-of-candidates"); frame["from"] != p[0].session {
		t.Errorf("got %v", frame)
	}
	p[1].expect("candidate")
}

func TestEveryFormOfTheEndReachesThePeerAsOne(t *testing.T) {
	l := newLoopbackLab(t)
	p := l.people("r", "ada", "bob")
	p[0].sendf(`{"type": "description", "to": %q, "description": {}}`, p[1].session)
	p[1].expect("description")
	for _, form := range []string{`, "candidate": null`, `, "candidate": ""`, ``, `, "candidate": {"candidate": ""}`} {
		p[0].sendf(`{"type": "candidate", "to": %q%s}`, p[1].session, form)
		p[1].expect("end-of-candidates")
	}
}

func TestHeldCandidatesAreBounded(t *testing.T) {
	l := newLoopbackLab(t)
	p := l.people("r", "ada", "bob")
	for range heldCandidates {
		p[0].sendf(`{"type": "candidate", "to": %q, "candidate": {"candidate": "x"}}`, p[1].session)
	}
	p[0].expectNothing()
	p[0].sendf(`{"type": "candidate", "to": %q, "candidate": {"candidate": "x"}}`, p[1].session)
	p[0].expectError(tooManyCode)

	large := strings.Repeat("x", 40<<10)
	p[1].sendf(`{"type": "candidate", "to": %q, "candidate": {"candidate": %q}}`, p[0].session, large)
	p[1].expectNothing()
	p[1].sendf(`{"type": "candidate", "to": %q, "candidate": {"candidate": %q}}`, p[0].session, large)
	p[1].expectError(tooManyCode)
}

func TestHeldCandidatesAreForgottenWithTheRoom(t *testing.T) {
	l := newLoopbackLab(t)
	p := l.people("r", "ada", "bob")
	p[0].sendf(`{"type": "candidate", "to": %q, "candidate": {"candidate": "old"}}`, p[1].session)
	p[0].sendf(`{"type": "leave", "room": "r"}`)
	p[0].expect("left")
	p[1].expect("member-left")
	p[0].sendf(`{"type": "join", "room": "r"}`)
	p[0].expect("joined")
	p[1].expect("member-joined")
	p[0].sendf(`{"type": "description", "to": %q, "description": {}}`, p[1].session)
	p[1].expect("description")
	p[1].expectNothing()
}
