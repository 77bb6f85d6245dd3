package signal

import (
	"fmt"
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
	for i := range heldCandidates {
		p[0].sendf(`{"type": "candidate", "to": %q, "candidate": {"candidate": "x%d"}}`, p[1].session, i)
	}
	p[0].expectNothing()
	p[0].sendf(`{"type": "candidate", "to": %q, "candidate": {"candidate": "x"}}`, p[1].session)
	p[0].expectError(tooManyCode)

	p[0].sendf(`{"type": "description", "to": %q, "description": {}}`, p[1].session)
	p[1].expect("description")
	for i := range heldCandidates {
		p[1].expectCandidate(fmt.Sprint("x", i))
	}
	p[0].sendf(`{"type": "candidate", "to": %q, "candidate": {"candidate": "x"}}`, p[1].session) // now it may pass
	p[1].expectCandidate("x")
}

// However many receivers there are, and however many senders.
func TestHeldCandidatesAreBoundedInBytes(t *testing.T) {
	l := newLoopbackLab(t)
	p := l.people("r", "ada", "bob", "eve", "joe")
	large := strings.Repeat("x", 40<<10)
	hold := func(from, to *client, text string) {
		from.sendf(`{"type": "candidate", "to": %q, "candidate": {"candidate": %q}}`, to.session, large+text)
	}
	for i := range 6 {
		hold(p[0], p[1+i%3], fmt.Sprint(i))
	}
	p[0].expectNothing()
	hold(p[0], p[3], "one too many")
	p[0].expectError(tooManyCode)
	hold(p[1], p[0], "of another sender")
	p[1].expectNothing()
	p[2].sendf(`{"type": "leave", "room": "r"}`) // for whom two were held
	p[2].expect("left")
	p[0].expect("member-left")
	hold(p[0], p[3], "two fewer")
	p[0].expectNothing()

	h := l.server.hub
	h.mu.Lock()
	kept := h.held
	h.held = heldMost
	h.mu.Unlock()
	hold(p[3], p[0], "the server is full")
	p[3].expect("member-left")
	p[3].expectError(tooManyCode)
	h.mu.Lock()
	h.held = kept
	h.mu.Unlock()
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

func candidateOf(to *client, ufrag, text string) string {
	return fmt.Sprintf(`{"type": "candidate", "to": %q, "candidate": {"candidate": %q, "usernameFragment": %q}}`, to.session, text, ufrag)
}

func descriptionOf(to *client, ufrag string) string {
	return fmt.Sprintf(`{"type": "description", "to": %q, "description": {"type": "offer", "sdp": "v=0\r\na=ice-ufrag:%s\r\na=ice-pwd:x\r\n"}}`, to.session, ufrag)
}

func (c *client) expectCandidate(text string) {
	c.t.Helper()
	if frame := c.expect("candidate"); frame["candidate"].(map[string]any)["candidate"] != text {
		c.t.Fatalf("got %v, want %s", frame, text)
	}
}

// Candidates from before a restart would only be refused by the browser.
func TestHeldCandidatesOfAnotherGenerationAreDropped(t *testing.T) {
	l := newLoopbackLab(t)
	p := l.people("r", "ada", "bob")
	p[0].sendText(candidateOf(p[1], "oldU", "old"))
	p[0].sendText(candidateOf(p[1], "newU", "new"))
	p[0].sendf(`{"type": "candidate", "to": %q, "candidate": {"candidate": "unmarked"}}`, p[1].session)
	p[0].sendText(descriptionOf(p[1], "newU"))
	p[1].expect("description")
	p[1].expectCandidate("new")
	p[1].expectCandidate("unmarked")
	p[1].expectNothing()
}

func TestACandidateThatOvertakesItsRestartIsHeld(t *testing.T) {
	l := newLoopbackLab(t)
	p := l.people("r", "ada", "bob")
	p[0].sendText(descriptionOf(p[1], "oneU"))
	p[0].sendText(candidateOf(p[1], "oneU", "one"))
	p[0].sendText(candidateOf(p[1], "twoU", "two"))
	p[0].sendText(candidateOf(p[1], "oneU", "late")) // which a browser can still use until then
	p[0].sendf(`{"type": "candidate", "to": %q, "candidate": null}`, p[1].session)
	p[1].expect("description")
	p[1].expectCandidate("one")
	p[1].expectCandidate("late")
	p[1].expectNothing()
	p[0].sendText(descriptionOf(p[1], "twoU"))
	p[1].expect("description")
	p[1].expectCandidate("two")
	p[1].expect("end-of-candidates")
	p[1].expectNothing()
}

func TestACandidateSaidTwiceIsHeardOnceInAGeneration(t *testing.T) {
	l := newLoopbackLab(t)
	p := l.people("r", "ada", "bob")
	p[0].sendText(candidateOf(p[1], "oneU", "early"))
	p[0].sendText(candidateOf(p[1], "oneU", "early"))
	p[0].sendText(descriptionOf(p[1], "oneU"))
	p[0].sendText(candidateOf(p[1], "oneU", "early"))
	p[0].sendText(candidateOf(p[1], "oneU", "late"))
	p[0].sendText(candidateOf(p[1], "oneU", "late"))
	p[1].expect("description")
	p[1].expectCandidate("early")
	p[1].expectCandidate("late")
	p[1].expectNothing()
	p[0].sendText(descriptionOf(p[1], "twoU"))
	p[0].sendf(`{"type": "candidate", "to": %q, "candidate": {"candidate": "same"}}`, p[1].session)
	p[0].sendText(descriptionOf(p[1], "thirdU"))
	p[0].sendf(`{"type": "candidate", "to": %q, "candidate": {"candidate": "same"}}`, p[1].session)
	for range 2 {
		p[1].expect("description")
		p[1].expectCandidate("same")
	}
}

func TestWhatAMailboxRemembersIsBounded(t *testing.T) {
	var box mailbox
	for i := range 10 * seenCandidates {
		hash, _ := box.again(fmt.Append(nil, i))
		box.note(hash)
	}
	if len(box.seen) != seenCandidates {
		t.Errorf("%d candidates are remembered", len(box.seen))
	}
	for i := range 10 * knownFragments {
		box.learn([]string{fmt.Sprint("ufrag", i)})
	}
	if len(box.known) != knownFragments || len(box.seen) != 0 {
		t.Errorf("%d fragments and %d candidates are remembered", len(box.known), len(box.seen))
	}
}
