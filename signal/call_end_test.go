package signal

import (
	"slices"
	"testing"
)

// callScenarios provoke each reason for which a call ends.
var callScenarios = map[string]func(ada, bob *client){
	"declined": func(ada, bob *client) {
		call := ada.call("bob", bob)
		bob.sendf(`{"type": "decline", "call": %q}`, call)
		ada.expectEnd(call, "declined")
	},
	"busy": func(ada, bob *client) {
		callAndAccept(bob, ada)
		ada.expectEnd(ada.call("bob"), "busy")
	},
	"cancelled": func(ada, bob *client) {
		call := ada.call("bob", bob)
		ada.sendf(`{"type": "cancel", "call": %q}`, call)
		bob.expectEnd(call, "cancelled")
	},
	"timeout": func(ada, bob *client) {
		ada.expectEnd(ada.call("bob", bob), "timeout")
	},
	"unavailable": func(ada, bob *client) {
		ada.expectEnd(ada.call("eve"), "unavailable")
	},
	"answered-elsewhere": func(ada, bob *client) {
		other := bob.lab.person("bob")
		call := ada.call("bob", bob, other)
		bob.sendf(`{"type": "accept", "call": %q}`, call)
		other.expectEnd(call, "answered-elsewhere")
	},
	"hangup": func(ada, bob *client) {
		call, _ := callAndAccept(ada, bob)
		ada.sendf(`{"type": "hangup", "call": %q}`, call)
		bob.expectEnd(call, "hangup")
	},
	"gone": func(ada, bob *client) {
		call, _ := callAndAccept(ada, bob)
		ada.conn.Close()
		bob.expectEnd(call, "gone")
	},
}

func TestEveryEndOfACall(t *testing.T) {
	reasons := table(t, "Calls by name")
	for _, reason := range reasons {
		scenario := callScenarios[reason]
		if scenario == nil {
			t.Errorf("nothing provokes %s", reason)
			continue
		}
		t.Run(reason, func(t *testing.T) {
			inBubble(t, func(t *testing.T, l *lab) { scenario(l.person("ada"), l.person("bob")) })
		})
	}
	for reason := range callScenarios {
		if !slices.Contains(reasons, reason) {
			t.Errorf("%s is not in the protocol", reason)
		}
	}
}
