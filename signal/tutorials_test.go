package signal

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// People learn WebRTC from tutorials whose signaling is a few lines of a socket
// library. What goes wrong in those lines, and the test that shows that it does not
// here, is the table at the end of docs/client.md. Those of the server that have no better place are
// here; what is the business of pages is tested in web/test and e2e.

func TestEveryFlowOfTheTutorialsHasItsTest(t *testing.T) {
	text, err := os.ReadFile("../docs/client.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "\n## If you come from a tutorial\n")
	rows := regexp.MustCompile("(?m)^\\| (.+) \\| `([a-z0-9_./]+)`: (.+) \\|$").FindAllStringSubmatch(table, -1)
	if all := strings.Count(table, "\n| ") - 2; len(rows) != all || len(rows) < 35 {
		t.Errorf("%d of %d rows name a test", len(rows), all)
	}
	flows := make(map[string]string)
	for _, row := range rows {
		flow, file, name := row[1], row[2], row[3]
		source, err := os.ReadFile(filepath.Join("..", file))
		if err != nil {
			t.Errorf("%s: %v", flow, err)
			continue
		}
		if strings.HasSuffix(file, ".go") {
			name = "func " + name + "(t *testing.T)"
		}
		if !strings.Contains(string(source), name) {
			t.Errorf("%s: %s has no test %q", flow, file, name)
		}
		if other := flows[file+name]; other != "" {
			t.Errorf("%s and %s have the same test", flow, other)
		}
		flows[file+name] = flow
	}
}

func TestAnOfferBeforeTheCallIsAcceptedReachesNobody(t *testing.T) {
	l := newLoopbackLab(t)
	ada, bob := l.person("ada"), l.person("bob")
	call := ada.call("bob", bob)
	ada.sendf(`{"type": "description", "to": %q, "description": {"type": "offer"}}`, bob.session)
	ada.expectError(noSuchPeer)
	bob.expectNothing()
	bob.sendf(`{"type": "accept", "call": %q}`, call)
	bob.expect("accepted")
	ada.expect("accepted")
	ada.sendf(`{"type": "description", "to": %q, "description": {"type": "offer"}}`, bob.session)
	bob.expect("description")
}

func TestAnOfferThatIsPostedIsAcknowledgedAndPushedAsItWas(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada, bob := l.poster(), l.person("bob").in("r")
		ada.hello(`{"type": "join", "room": "r"}`)
		bob.expect("member-joined")
		bob.expect("member-away")
		sdp := "v=0\r\na=\"quoted\" \\ <&>\r\n"
		ada.send(fmt.Sprintf(`{"type": "description", "to": %q, "description": {"type": "offer", "sdp": %q}}`, bob.session, sdp)) // which checks the acknowledgement
		description := bob.expect("description")["description"].(map[string]any)
		if description["type"] != "offer" || description["sdp"] != sdp {
			t.Errorf("got %q", description)
		}
	})
}

func TestASecondCallIsNotMixedWithTheFirst(t *testing.T) {
	l := newLoopbackLab(t)
	ada, bob, eve := l.person("ada"), l.person("bob"), l.person("eve")
	for _, other := range []*client{bob, eve, bob} {
		call := ada.call(other.welcome["name"].(string), other)
		other.sendf(`{"type": "accept", "call": %q}`, call)
		other.expect("accepted")
		ada.expect("accepted")
		ada.sendf(`{"type": "candidate", "to": %q, "candidate": {"candidate": "of this call"}}`, other.session)
		ada.sendf(`{"type": "description", "to": %q, "description": {}}`, other.session)
		other.expect("description")
		other.expect("candidate")
		ada.sendf(`{"type": "hangup", "call": %q}`, call)
		other.expectEnd(call, "hangup")
	}
	for _, c := range []*client{ada, bob, eve} {
		c.expectNothing()
	}
}

// Ada talks to bob in a call and to eve in a room; bob has a second device.
func TestACandidateReachesOnlyWhomItIsFor(t *testing.T) {
	l := newLoopbackLab(t)
	p := l.people("r", "ada", "eve")
	ada, eve, bob, phone := p[0], p[1], l.person("bob"), l.person("bob")
	call := ada.call("bob", bob, phone)
	bob.sendf(`{"type": "accept", "call": %q}`, call)
	bob.expect("accepted")
	ada.expect("accepted")
	phone.expectEnd(call, "answered-elsewhere")
	for _, to := range []*client{bob, eve} {
		ada.sendf(`{"type": "description", "to": %q, "description": {}}`, to.session)
		to.expect("description")
	}
	ada.sendf(`{"type": "candidate", "to": %q, "candidate": {"candidate": "for bob"}}`, bob.session)
	bob.expect("candidate")
	for _, c := range []*client{ada, eve, phone, bob} {
		c.expectNothing()
	}
}

func TestKnowingASessionIsNotBeingIt(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada, bob := l.lasting("ada").in("r"), l.person("bob").in("r")
		ada.expect("member-joined")
		eve := l.poster()
		eve.token = ada.session
		if status, text := eve.post(`{"type": "bye"}`); status != 401 || !strings.Contains(text, noSuchSession) {
			t.Errorf("got %d %s", status, text)
		}
		if c := l.resume(ada.session, 0); c.welcome["resumed"] != false || c.session == ada.session {
			t.Errorf("got %v", c.welcome)
		}
		bob.expectNothing()
		ada.lose() // and it keeps its name over another connection
		bob.expectPresence("member-away", ada.session)
		l.resume(ada.token(), 2)
		bob.expectPresence("member-back", ada.session)
	})
}

func TestByPOSTAloneTheyNegotiateAgainHoursLater(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		posters := []*poster{l.poster(), l.poster()}
		streams := make([]*events, 2)
		for i, p := range posters {
			p.hello(`{"type": "join", "room": "r"}`)
			p.seq = 1
			streams[i] = p.open()
		}
		next := func(e *events, kind string) {
			t.Helper()
			for frame := e.next(); frame["type"] != kind; frame = e.next() {
				if frame == nil {
					t.Fatalf("the stream ended with %d before a %s", e.code, kind)
				}
				if frame["type"] == "resume" {
					e.welcomed(map[string]any{"session": e.session, "resume": frame["resume"]})
				}
			}
		}
		for range 3 {
			for i, kind := range []string{"offer", "answer"} {
				posters[i].send(fmt.Sprintf(`{"type": "description", "to": %q, "description": {"type": %q}}`, posters[1-i].session, kind))
				next(streams[1-i], "description")
			}
			for range 120 { // two hours
				time.Sleep(30 * time.Second)
				for i, p := range posters {
					p.post(`{"type": "ping"}`)
					next(streams[i], "pong")
				}
			}
		}
	})
}

func TestCandidatesInBulkWaitForTheOfferAndLateOnesFollow(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada, bob := l.poster(), l.person("bob").in("r")
		ada.hello(`{"type": "join", "room": "r"}`)
		bob.expect("member-joined")
		bob.expect("member-away")
		candidate := func(i int) string {
			return fmt.Sprintf(`{"type": "candidate", "to": %q, "candidate": {"candidate": "candidate:%d"}}`, bob.session, i)
		}
		ada.send(candidate(0), candidate(1), candidate(2))
		bob.expectNothing()
		ada.send(fmt.Sprintf(`{"type": "description", "to": %q, "description": {"type": "offer"}}`, bob.session))
		bob.expect("description")
		time.Sleep(time.Minute / 2)
		ada.send(candidate(3))
		for i := range 4 {
			if got := bob.expect("candidate")["candidate"].(map[string]any)["candidate"]; got != fmt.Sprint("candidate:", i) {
				t.Errorf("got %v, want the %dth", got, i)
			}
		}
	})
}

func TestAnOfferGoesToOneAloneAndWaitsForWhoIsAway(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada, bob, eve := l.person("ada").in("r"), l.lasting("bob").in("r"), l.person("eve").in("r")
		stranger := l.person("mallory")
		ada.expect("member-joined")
		bob.expect("member-joined")
		ada.expect("member-joined")
		ada.sendf(`{"type": "description", "to": %q, "description": {}}`, ada.session)
		ada.expectError(noSuchPeer)
		bob.lose()
		ada.expect("member-away")
		eve.expect("member-away")
		ada.sendf(`{"type": "description", "to": %q, "description": {}}`, bob.session)
		for _, c := range []*client{ada, eve, stranger} {
			c.expectNothing()
		}
		l.resume(bob.token(), 2).expect("description")
	})
}
