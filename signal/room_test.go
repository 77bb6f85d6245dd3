package signal

import (
	"fmt"
	"testing"
)

func TestWhoJoinsSeesWhoIsThere(t *testing.T) {
	l := newLoopbackLab(t)
	bob := l.person("bob")
	bob.sendf(`{"type": "join", "id": "1", "room": "r", "state": {"audio": true}}`)
	if joined := bob.expect("joined"); joined["re"] != "1" || len(joined["members"].([]any)) != 0 {
		t.Errorf("got %v", joined)
	}

	ada := l.person("ada")
	ada.sendf(`{"type": "join", "room": "r", "state": {"audio": false}}`)
	members := ada.expect("joined")["members"].([]any)
	if len(members) != 1 {
		t.Fatalf("got %v", members)
	}
	seen := members[0].(map[string]any)
	if seen["session"] != bob.session || seen["name"] != "bob" || fmt.Sprint(seen["state"]) != "map[audio:true]" {
		t.Errorf("ada sees %v", seen)
	}
	shown := bob.expect("member-joined")["member"].(map[string]any)
	if shown["session"] != ada.session || shown["name"] != "ada" || fmt.Sprint(shown["state"]) != "map[audio:false]" {
		t.Errorf("bob sees %v", shown)
	}
	if seen["polite"] == shown["polite"] {
		t.Errorf("both have the role polite=%v", seen["polite"])
	}

	ada.sendf(`{"type": "state", "room": "r", "state": {"audio": true}}`)
	if state := bob.expect("member-state"); state["session"] != ada.session || fmt.Sprint(state["state"]) != "map[audio:true]" {
		t.Errorf("got %v", state)
	}
	ada.expectNothing()

	ada.sendf(`{"type": "leave", "id": "2", "room": "r"}`)
	if left := ada.expect("left"); left["re"] != "2" || left["room"] != "r" {
		t.Errorf("got %v", left)
	}
	if left := bob.expect("member-left"); left["session"] != ada.session || left["reason"] != "left" {
		t.Errorf("got %v", left)
	}
}

func TestALostConnectionLeavesTheRoom(t *testing.T) {
	l := newLoopbackLab(t)
	p := l.people("r", "ada", "bob")
	p[0].conn.NetConn().Close()
	if left := p[1].expect("member-left"); left["session"] != p[0].session || left["reason"] != "gone" {
		t.Errorf("got %v", left)
	}
}

func TestJoiningAgainShowsTheRoomAndTheNewState(t *testing.T) {
	l := newLoopbackLab(t)
	p := l.people("r", "ada", "bob")
	p[1].sendf(`{"type": "join", "room": "r", "state": {"hand": true}}`)
	if members := p[1].expect("joined")["members"].([]any); len(members) != 1 {
		t.Errorf("got %v", members)
	}
	p[0].expect("member-state")
	p[0].expectNothing()
}

func TestThreePeopleTalkInPairs(t *testing.T) {
	l := newLoopbackLab(t)
	p := l.people("r", "ada", "bob", "eve")
	for i, from := range p {
		for j, to := range p {
			if i != j {
				from.sendf(`{"type": "description", "to": %q, "description": {"type": "offer", "sdp": "%d to %d"}}`, to.session, i, j)
			}
		}
	}
	for j, to := range p {
		heard := make(map[string]bool)
		for range len(p) - 1 {
			frame := to.expect("description")
			for i, from := range p {
				if frame["from"] == from.session {
					want := fmt.Sprintf("%d to %d", i, j)
					if got := frame["description"].(map[string]any)["sdp"]; got != want {
						t.Errorf("%d heard %q, want %q", j, got, want)
					}
					heard[from.session] = true
				}
			}
		}
		if len(heard) != len(p)-1 || heard[to.session] {
			t.Errorf("%d heard %v", j, heard)
		}
	}
	for _, c := range p {
		c.expectNothing()
	}
}

func TestTheSenderCannotBeForged(t *testing.T) {
	l := newLoopbackLab(t)
	p := l.people("r", "ada", "bob", "eve")
	p[2].sendf(`{"type": "description", "from": %q, "to": %q, "description": {"type": "offer", "from": "x"}}`, p[0].session, p[1].session)
	if frame := p[1].expect("description"); frame["from"] != p[2].session {
		t.Errorf("got %v", frame)
	}
}

func TestAStrangerGetsAndGivesNothing(t *testing.T) {
	l := newLoopbackLab(t)
	p := l.people("r", "ada", "bob")
	stranger := l.people("elsewhere", "eve")[0]
	for _, to := range []string{p[0].session, stranger.session, "s-nobody"} {
		stranger.sendf(`{"type": "description", "id": "7", "to": %q, "description": {}}`, to)
		if frame := stranger.expectError(noSuchPeer); frame["re"] != "7" {
			t.Errorf("got %v", frame)
		}
		stranger.sendf(`{"type": "candidate", "to": %q, "candidate": {"candidate": "x"}}`, to)
		stranger.expectError(noSuchPeer)
		stranger.sendf(`{"type": "end-of-candidates", "to": %q}`, to)
		stranger.expectError(noSuchPeer)
	}
	p[0].sendf(`{"type": "description", "to": %q, "description": {}}`, p[1].session)
	p[0].sendf(`{"type": "state", "room": "r", "state": {}}`)
	p[1].expect("description")
	p[1].expect("member-state")
	p[0].expectNothing()
	stranger.expectNothing()
}

func TestWhoLeftTheRoomIsAStranger(t *testing.T) {
	l := newLoopbackLab(t)
	p := l.people("r", "ada", "bob")
	p[1].sendf(`{"type": "leave", "room": "r"}`)
	p[1].expect("left")
	p[1].sendf(`{"type": "description", "to": %q, "description": {}}`, p[0].session)
	p[1].expectError(noSuchPeer)
}

func TestRolesAreTheSameInEveryRoomAndCall(t *testing.T) {
	l := newLoopbackLab(t)
	p := l.people("r", "ada", "bob")
	roles := make(map[bool]int)
	for i, room := range []string{"x", "y", "z"} {
		first, second := p[i%2], p[1-i%2]
		first.sendf(`{"type": "join", "room": %q}`, room)
		first.expect("joined")
		second.sendf(`{"type": "join", "room": %q}`, room)
		member := second.expect("joined")["members"].([]any)[0].(map[string]any)
		other := first.expect("member-joined")["member"].(map[string]any)
		if member["polite"] == other["polite"] {
			t.Fatal("both have the same role")
		}
		adas := member["polite"].(bool)
		if second != p[0] {
			adas = other["polite"].(bool)
		}
		roles[adas]++
	}
	_, calls := callAndAccept(p[1], p[0])
	roles[calls[1]["polite"].(bool)]++
	if len(roles) != 1 {
		t.Errorf("ada's role changes: %v", roles)
	}
}
