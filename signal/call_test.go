package signal

import (
	"testing"
	"time"
)

// call invites, and returns the call when it rings at all devices.
func (c *client) call(name string, devices ...*client) any {
	c.t.Helper()
	c.sendf(`{"type": "invite", "id": "i", "name": %q, "media": {"audio": true}}`, name)
	calling := c.expect("calling")
	if calling["re"] != "i" || calling["name"] != name {
		c.t.Fatalf("got %v", calling)
	}
	for _, device := range devices {
		ring := device.expect("ring")
		if ring["call"] != calling["call"] || ring["from"].(map[string]any)["session"] != c.session {
			c.t.Fatalf("got %v", ring)
		}
	}
	return calling["call"]
}

// callAndAccept returns what both sides are told: the caller's, then the callee's.
func callAndAccept(caller, callee *client) (call any, accepted [2]map[string]any) {
	caller.t.Helper()
	call = caller.call(callee.welcome["name"].(string), callee)
	callee.sendf(`{"type": "accept", "id": "a", "call": %q}`, call)
	accepted[1] = callee.expect("accepted")
	accepted[0] = caller.expect("accepted")
	return call, accepted
}

func TestACallFromInviteToHangUp(t *testing.T) {
	l := newLoopbackLab(t)
	ada, bob := l.person("ada"), l.person("bob")
	call := ada.call("bob", bob)

	// Ringing is no right to talk.
	ada.sendf(`{"type": "description", "to": %q, "description": {}}`, bob.session)
	ada.expectError(noSuchPeer)

	bob.sendf(`{"type": "ringing", "call": %q}`, call)
	bob.sendf(`{"type": "ringing", "call": %q}`, call)
	ada.expect("ringing")
	bob.expectNothing()
	ada.expectNothing() // it hears it once

	bob.sendf(`{"type": "accept", "id": "4", "call": %q}`, call)
	answer, told := bob.expect("accepted"), ada.expect("accepted")
	if peer := answer["peer"].(map[string]any); answer["re"] != "4" || peer["session"] != ada.session || peer["name"] != "ada" {
		t.Errorf("got %v", answer)
	}
	if peer := told["peer"].(map[string]any); told["re"] != nil || peer["session"] != bob.session || peer["name"] != "bob" {
		t.Errorf("got %v", told)
	}
	if answer["polite"] == told["polite"] {
		t.Error("both have the same role")
	}

	ada.sendf(`{"type": "description", "to": %q, "description": {"type": "offer"}}`, bob.session)
	bob.expect("description")
	bob.sendf(`{"type": "description", "to": %q, "description": {"type": "answer"}}`, ada.session)
	ada.expect("description")

	bob.sendf(`{"type": "hangup", "call": %q}`, call)
	ada.expectEnd(call, "hangup")
	bob.expectNothing()
	ada.sendf(`{"type": "description", "to": %q, "description": {}}`, bob.session)
	ada.expectError(noSuchPeer)
	ada.sendf(`{"type": "hangup", "id": "5", "call": %q}`, call)
	if frame := ada.expectError(noSuchCall); frame["re"] != "5" {
		t.Errorf("got %v", frame)
	}
}

func TestSecondDeviceRingsToo(t *testing.T) {
	l := newLoopbackLab(t)
	ada, phone, laptop, tablet := l.person("ada"), l.person("bob"), l.person("bob"), l.person("bob")
	call := ada.call("bob", phone, laptop, tablet)
	phone.sendf(`{"type": "ringing", "call": %q}`, call)
	laptop.sendf(`{"type": "ringing", "call": %q}`, call)
	ada.expect("ringing")

	laptop.sendf(`{"type": "accept", "call": %q}`, call)
	laptop.expect("accepted")
	if frame := ada.expect("accepted"); frame["peer"].(map[string]any)["session"] != laptop.session {
		t.Errorf("got %v", frame)
	}
	phone.expectEnd(call, "answered-elsewhere")
	tablet.expectEnd(call, "answered-elsewhere")

	for _, kind := range []string{"accept", "decline", "hangup", "ringing"} {
		phone.sendf(`{"type": %q, "call": %q}`, kind, call)
		phone.expectError(noSuchCall)
	}
	ada.expectNothing()
	laptop.expectNothing()
}

func TestOneDeviceDeclinesForAll(t *testing.T) {
	for _, reason := range []string{"declined", "busy"} {
		t.Run(reason, func(t *testing.T) {
			l := newLoopbackLab(t)
			ada, phone, laptop := l.person("ada"), l.person("bob"), l.person("bob")
			call := ada.call("bob", phone, laptop)
			phone.sendf(`{"type": "decline", "call": %q, "reason": %q}`, call, reason)
			ada.expectEnd(call, reason)
			laptop.expectEnd(call, reason)
			phone.expectNothing()
		})
	}
}

func TestTheCallerGivesUp(t *testing.T) {
	l := newLoopbackLab(t)
	ada, phone, laptop := l.person("ada"), l.person("bob"), l.person("bob")
	call := ada.call("bob", phone, laptop)
	ada.sendf(`{"type": "cancel", "call": %q}`, call)
	phone.expectEnd(call, "cancelled")
	laptop.expectEnd(call, "cancelled")
	phone.sendf(`{"type": "accept", "call": %q}`, call)
	phone.expectError(noSuchCall)
	ada.expectNothing()
}

func TestACancelThatCrossesTheAcceptHangsUp(t *testing.T) {
	l := newLoopbackLab(t)
	ada, bob := l.person("ada"), l.person("bob")
	call, _ := callAndAccept(ada, bob)
	ada.sendf(`{"type": "cancel", "call": %q}`, call)
	bob.expectEnd(call, "hangup")
}

func TestNobodyOfThatName(t *testing.T) {
	l := newLoopbackLab(t)
	ada := l.person("ada")
	for _, name := range []string{"bob", "ada"} { // nobody else, that is
		ada.expectEnd(ada.call(name), "unavailable")
	}
	anonymous := l.device("", "")
	if anonymous.welcome["name"] != nil {
		t.Errorf("got %v", anonymous.welcome)
	}
	ada.sendf(`{"type": "invite", "name": ""}`)
	ada.expectError(badName)
}

func TestWhoTalksIsBusyOnEveryDevice(t *testing.T) {
	l := newLoopbackLab(t)
	ada, bob, eve := l.person("ada"), l.person("bob"), l.person("eve")
	l.person("bob")
	call := ada.call("bob", bob)
	bob.sendf(`{"type": "accept", "call": %q}`, call)
	bob.expect("accepted")
	ada.expect("accepted")
	eve.expectEnd(eve.call("bob"), "busy")
	eve.expectEnd(eve.call("ada"), "busy")
	bob.sendf(`{"type": "hangup", "call": %q}`, call)
	ada.expectEnd(call, "hangup")
	eve.call("ada", ada)
	ada.expectNothing()
}

func TestAConnectionThatEndsEndsItsCalls(t *testing.T) {
	l := newLoopbackLab(t)
	ada, bob := l.person("ada"), l.person("bob")
	call, _ := callAndAccept(ada, bob)
	bob.conn.Close()
	ada.expectEnd(call, "gone")

	eve := l.person("eve")
	call = eve.call("ada", ada)
	eve.conn.Close()
	ada.expectEnd(call, "gone")
}

func TestACallRingsOnWhereADeviceIsLeft(t *testing.T) {
	l := newLoopbackLab(t)
	ada, phone, laptop := l.person("ada"), l.person("bob"), l.person("bob")
	call := ada.call("bob", phone, laptop)
	phone.conn.Close()
	for l.server.hub.devices("bob") > 1 {
		time.Sleep(time.Millisecond)
	}
	ada.expectNothing()
	laptop.conn.Close()
	ada.expectEnd(call, "gone")
}

func (h *hub) devices(name string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.names.online(name, nil))
}

// Two who call each other at once want to talk: the second invitation is the
// answer to the first, and nobody is asked.
func TestTwoWhoCallEachOtherHaveOneCall(t *testing.T) {
	l := newLoopbackLab(t)
	ada, bob, tablet := l.person("ada"), l.person("bob"), l.person("bob")
	call := ada.call("bob", bob, tablet)
	bob.sendf(`{"type": "invite", "id": "i", "name": "ada"}`)
	if calling := bob.expect("calling"); calling["call"] != call || calling["re"] != "i" {
		t.Errorf("got %v", calling)
	}
	if got := bob.expect("accepted")["peer"].(map[string]any)["session"]; got != ada.session {
		t.Errorf("bob got %v", got)
	}
	if got := ada.expect("accepted")["peer"].(map[string]any)["session"]; got != bob.session {
		t.Errorf("ada got %v", got)
	}
	tablet.expectEnd(call, "answered-elsewhere")
	bob.sendf(`{"type": "ringing", "call": %q}`, call) // said before it knew
	ada.sendf(`{"type": "description", "to": %q, "description": {}}`, bob.session)
	bob.expect("description")
	bob.sendf(`{"type": "hangup", "call": %q}`, call)
	ada.expectEnd(call, "hangup")
	ada.expectNothing()
}

func TestOnlyWhoIsCalledMayAnswer(t *testing.T) {
	l := newLoopbackLab(t)
	ada, bob, eve := l.person("ada"), l.person("bob"), l.person("eve")
	call := ada.call("bob", bob)
	for _, kind := range []string{"accept", "ringing", "decline", "cancel", "hangup"} {
		eve.sendf(`{"type": %q, "call": %q}`, kind, call)
		eve.expectError(noSuchCall)
	}
	for _, kind := range []string{"accept", "ringing"} {
		ada.sendf(`{"type": %q, "call": %q}`, kind, call)
		ada.expectError(noSuchCall)
	}
	bob.expectNothing()
}

func TestNobodyAnswers(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada, bob := l.person("ada"), l.person("bob")
		start := time.Now()
		call := ada.call("bob", bob)
		ada.expectEnd(call, "timeout")
		bob.expectEnd(call, "timeout")
		if waited := time.Since(start); waited != time.Minute {
			t.Errorf("it rang for %v", waited)
		}
	})
}

func TestAnAcceptedCallHasNoTimeout(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada, bob := l.person("ada"), l.person("bob")
		callAndAccept(ada, bob)
		time.Sleep(10 * time.Minute)
		ada.expectNothing()
		bob.expectNothing()
	})
}

func TestCallsAreBounded(t *testing.T) {
	l := newLoopbackLab(t, func(cfg *Config) { cfg.Limits.CallsPerSession = 2 })
	ada, eve, bob, joe := l.person("ada"), l.person("eve"), l.person("bob"), l.person("joe")
	ada.call("bob", bob)
	ada.call("joe", joe)
	ada.sendf(`{"type": "invite", "name": "eve"}`)
	ada.expectError(tooManyCode)
	eve.call("bob", bob)
	joe.expectEnd(joe.call("bob"), "busy") // two ring there already
}
