package signal

import (
	"fmt"
	"testing"
	"time"
)

func TestARoomWithASecretIsNoRoomToStrangers(t *testing.T) {
	l := newLoopbackLab(t)
	ada := l.person("ada")
	ada.sendf(`{"type": "join", "room": "r", "secret": "swordfish"}`)
	if joined := ada.expect("joined"); joined["owner"] != ada.session {
		t.Errorf("got %v", joined)
	}
	eve := l.person("eve")
	var messages []any
	for _, rest := range []string{
		`"room": "r"`, `"room": "r", "secret": "sword"`, `"room": "r", "existing": true`,
		`"room": "none", "existing": true`, `"room": "none", "existing": true, "secret": "swordfish"`,
	} {
		eve.sendf(`{"type": "join", %s}`, rest)
		messages = append(messages, eve.expectError(noSuchRoom)["message"])
	}
	for _, message := range messages {
		if message != messages[0] {
			t.Errorf("%q tells more than %q", message, messages[0])
		}
	}
	bob := l.person("bob")
	bob.sendf(`{"type": "join", "room": "r", "secret": "swordfish", "existing": true}`)
	bob.expect("joined")
	ada.expect("member-joined")
	bob.sendf(`{"type": "join", "room": "r"}`) // who is there need not show it again
	bob.expect("joined")
}

func TestTheFirstMayMakeARoomSmaller(t *testing.T) {
	l := newLoopbackLab(t)
	ada := l.person("ada")
	ada.sendf(`{"type": "join", "room": "r", "limit": 2}`)
	if joined := ada.expect("joined"); joined["limit"] != 2.0 {
		t.Errorf("got %v", joined)
	}
	l.person("bob").in("r")
	late := l.person("late")
	late.sendf(`{"type": "join", "room": "r", "limit": 9}`)
	late.expectError(roomFull)
	late.sendf(`{"type": "join", "room": "large", "limit": 1000}`)
	if joined := late.expect("joined"); joined["limit"] != float64(l.server.limits.RoomMembers) {
		t.Errorf("got %v", joined)
	}
}

func TestTheOwnerLocksAndUnlocks(t *testing.T) {
	l := newLoopbackLab(t)
	p := l.people("r", "ada", "bob")
	p[1].sendf(`{"type": "lock", "room": "r"}`)
	p[1].expectError(notOwner)
	p[0].sendf(`{"type": "lock", "room": "r"}`)
	for _, c := range p {
		if room := c.expect("room"); room["locked"] != true || room["owner"] != p[0].session {
			t.Errorf("got %v", room)
		}
	}
	late := l.person("late")
	late.sendf(`{"type": "join", "room": "r"}`)
	late.expectError(roomLocked)
	p[0].sendf(`{"type": "unlock", "room": "r"}`)
	for _, c := range p {
		c.expect("room")
	}
	late.in("r")
}

func TestWhoIsAwayComesBackIntoALockedRoom(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada, bob := l.person("ada").in("r"), l.lasting("bob").in("r")
		ada.expect("member-joined")
		bob.lose()
		ada.expect("member-away")
		ada.sendf(`{"type": "lock", "room": "r"}`)
		ada.expect("room")
		l.resume(bob.token(), 1).expect("room")
		ada.expect("member-back")
	})
}

func TestWhoIsKickedIsOutAndStaysOut(t *testing.T) {
	l := newLoopbackLab(t)
	p := l.people("r", "ada", "bob", "eve")
	p[1].sendf(`{"type": "kick", "room": "r", "session": %q}`, p[2].session)
	p[1].expectError(notOwner)
	p[0].sendf(`{"type": "kick", "room": "r", "session": %q}`, p[2].session)
	if kicked := p[2].expect("kicked"); kicked["room"] != "r" {
		t.Errorf("got %v", kicked)
	}
	for _, c := range p[:2] {
		if left := c.expect("member-left"); left["session"] != p[2].session || left["reason"] != "kicked" {
			t.Errorf("got %v", left)
		}
	}
	p[2].sendf(`{"type": "description", "to": %q, "description": {}}`, p[0].session)
	p[2].expectError(noSuchPeer)
	p[2].sendf(`{"type": "join", "room": "r"}`)
	p[2].expectError(kickedOut)
	for _, session := range []string{p[2].session, p[0].session, "s-none"} {
		p[0].sendf(`{"type": "kick", "room": "r", "session": %q}`, session)
		p[0].expectError(noSuchPeer)
	}
}

// A room that its owner has left is not without one.
func TestTheEldestInheritsTheRoom(t *testing.T) {
	l := newLoopbackLab(t)
	p := l.people("r", "ada", "bob", "eve")
	p[0].conn.Close()
	for _, c := range p[1:] {
		if left := c.expect("member-left"); left["owner"] != p[1].session {
			t.Errorf("got %v", left)
		}
	}
	p[1].sendf(`{"type": "lock", "room": "r"}`)
	p[1].expect("room")
}

func TestSharedStateIsToldToAllAndToWhoComesLater(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		p := l.people("r", "ada", "bob")
		p[0].sendf(`{"type": "room-state", "room": "r", "entry": "topic", "value": "tea"}`)
		p[1].sendf(`{"type": "room-state", "room": "r", "entry": "hand", "value": {"up": true}, "ttl": 60}`)
		for _, c := range p {
			if frame := c.expect("room-state"); frame["value"] != "tea" || frame["by"] != p[0].session {
				t.Errorf("got %v", frame)
			}
			c.expect("room-state")
		}
		time.Sleep(59 * time.Second)
		late := l.person("late")
		late.sendf(`{"type": "join", "room": "r"}`)
		shared := late.expect("joined")["shared"].([]any)
		if len(shared) != 2 || shared[0].(map[string]any)["entry"] != "hand" || shared[1].(map[string]any)["value"] != "tea" {
			t.Errorf("got %v", shared)
		}
		for _, c := range p {
			c.expect("member-joined")
		}
		start := time.Now()
		for _, c := range append(p, late) {
			if frame := c.expect("room-state"); frame["entry"] != "hand" || frame["value"] != nil {
				t.Errorf("got %v", frame)
			}
		}
		if waited := time.Since(start); waited != time.Second {
			t.Errorf("after %v", waited)
		}
		p[1].sendf(`{"type": "room-state", "room": "r", "entry": "topic", "value": null}`)
		for _, c := range append(p, late) {
			if frame := c.expect("room-state"); frame["entry"] != "topic" || frame["value"] != nil {
				t.Errorf("got %v", frame)
			}
		}
		late.expectNothing()
	})
}

func TestSharedStateIsBounded(t *testing.T) {
	l := newLoopbackLab(t)
	ada := l.person("ada").in("r")
	for i := range sharedEntries {
		ada.sendf(`{"type": "room-state", "room": "r", "entry": "%d", "value": 1, "ttl": 3600}`, i)
		ada.expect("room-state")
	}
	ada.sendf(`{"type": "room-state", "room": "r", "entry": "more", "value": 1}`)
	ada.expectError(tooManyCode)
	ada.sendf(`{"type": "room-state", "room": "r", "entry": "0", "value": 2}`)
	ada.expect("room-state")
	ada.sendf(`{"type": "room-state", "room": "other", "entry": "0", "value": 2}`)
	ada.expectError(notInRoom)
	for i, rest := range []string{`"entry": ""`, `"entry": "x", "ttl": -1`} {
		c := l.person(fmt.Sprint("c", i))
		c.sendf(`{"type": "room-state", "room": "r", "value": 1, %s}`, rest)
		c.expectError(badFrame)
	}
}
