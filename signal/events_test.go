package signal

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestASessionWithoutWebSockets(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		bob := l.person("bob").in("r")
		ada := l.poster()
		ada.hello()
		e := ada.open()
		ada.send(`{"type": "join", "id": "j", "room": "r"}`)
		if joined := e.expect("joined"); joined["re"] != "j" || joined["seq"] != 1.0 || joined["ack"] != 1.0 {
			t.Errorf("got %v", joined)
		}
		bob.expect("member-joined")
		bob.sendf(`{"type": "description", "to": %q, "description": {"sdp": "a\nb"}}`, ada.session)
		if frame := e.expect("description"); frame["description"].(map[string]any)["sdp"] != "a\nb" {
			t.Errorf("got %v", frame)
		}
		ada.send(`{"type": "bye"}`)
		e.expectClose(closeNormal)
		if left := bob.expect("member-left"); left["reason"] != "gone" {
			t.Errorf("got %v", left)
		}
	})
}

// What comes with hello is answered with it; the stream says the rest.
func TestHelloMayBringOthersAlong(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		bob := l.person("bob").in("r")
		ada := l.poster()
		frames := ada.hello(`{"type": "join", "n": 1, "room": "r"}`)
		if len(frames) != 2 || frames[1]["type"] != "joined" || frames[1]["seq"] != 1.0 {
			t.Fatalf("got %v", frames)
		}
		bob.expect("member-joined")
		bob.expectPresence("member-away", ada.session)
		bob.sendf(`{"type": "description", "to": %q, "description": {}}`, ada.session)
		ada.seq = 1
		e := ada.open()
		bob.expectPresence("member-back", ada.session)
		e.expect("description")
	})
}

func TestAStreamThatIsLostIsResumed(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		bob := l.person("bob").in("r")
		ada := l.poster()
		ada.hello(`{"type": "join", "room": "r"}`)
		ada.seq = 1
		bob.expect("member-joined")
		bob.expect("member-away")
		for n := range 3 {
			e := ada.open()
			bob.expectPresence("member-back", ada.session)
			e.stop()
			bob.expectPresence("member-away", ada.session)
			bob.sendf(`{"type": "description", "to": %q, "description": {"n": %d}}`, ada.session, n)
		}
		e := ada.open()
		for n := range 3 {
			if frame := e.expect("description"); frame["description"].(map[string]any)["n"] != float64(n) {
				t.Errorf("got %v", frame)
			}
		}
		bob.expect("member-back")
		e.stop()
		bob.expect("member-away")
		start := time.Now()
		bob.expect("member-left")
		if waited := time.Since(start); waited != resumeWindow {
			t.Errorf("after %v", waited)
		}
		if status, text := ada.post(`{"type": "ping"}`); status != 401 || !strings.Contains(text, noSuchSession) {
			t.Errorf("got %d %s", status, text)
		}
	})
}

func TestASessionChangesItsTransportWhileItLives(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		bob := l.person("bob").in("r")
		ada := l.lasting("ada").in("r")
		bob.expect("member-joined")
		p := l.poster()
		p.token, p.seq = ada.token(), 1
		e := p.open() // from a WebSocket to a stream
		if p.session != ada.session {
			t.Fatalf("got another session")
		}
		ada.expectClose(closeSuperseded)
		bob.sendf(`{"type": "description", "to": %q, "description": {"n": 1}}`, ada.session)
		e.expect("description")
		p.send(`{"type": "description", "to": "` + bob.session + `", "description": {}}`)
		bob.expect("description")

		again := l.resume(p.token, p.seq) // and back
		e.expectClose(closeSuperseded)
		if again.welcome["ack"] != 1.0 || again.session != ada.session {
			t.Errorf("got %v", again.welcome)
		}
		bob.sendf(`{"type": "description", "to": %q, "description": {"n": 2}}`, ada.session)
		again.expect("description")
		bob.expectNothing() // it was never away
	})
}

func TestAStreamHasAHeartbeatAndItsClientIsHeard(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada := l.poster()
		ada.hello()
		e := ada.open()
		start := time.Now()
		for range 6 {
			time.Sleep(20 * time.Second)
			ada.post(`{"type": "ping"}`)
			e.expect("pong")
		}
		if beats := len(e.beats); beats != int(time.Since(start)/heartbeat) {
			t.Errorf("%d beats in %v", beats, time.Since(start))
		}
		start = time.Now()
		e.expectClose(closeDead) // a network that swallows everything
		if waited := time.Since(start); waited < deadAfter-heartbeat || waited > deadAfter+heartbeat {
			t.Errorf("after %v", waited)
		}
	})
}

// Nothing of a token is taken from a URL, where it would be logged.
func TestATokenInAURLIsWorthNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada := l.poster()
		ada.hello()
		for _, path := range []string{"/v1/events?token=", "/v1/events?access_token=", "/v1/events?authorization=Bearer+"} {
			response, err := ada.http.Get("http://" + l.addr + path + ada.token)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != 401 {
				t.Errorf("%s: %s", path, response.Status)
			}
		}
	})
}

func TestWhatIsPostedIsBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada := l.poster()
		for body, want := range map[string]int{
			"": 400, "[": 400, "[]": 200, strings.Repeat(" ", helloFrameLimit+1): 413,
		} {
			if status, text := ada.post(body); status != want {
				t.Errorf("%.20q: got %d %s", body, status, text)
			}
		}
		if _, text := ada.post(`{"type": "join", "room": "r"}`); !strings.Contains(text, helloFirst) {
			t.Errorf("got %s", text)
		}
		ada.hello()
		for body, want := range map[string]int{
			"": 400, "[": 400, "[]": 200, "null": 200,
			"[" + strings.Repeat("{},", postFrames) + "{}]":       413,
			`{"type": "` + strings.Repeat("x", frameLimit) + `"}`: 413,
			strings.Repeat(" ", postBytes+1):                      413,
		} {
			if status, text := ada.post(body); status != want {
				t.Errorf("%.20q: got %d %s", body, status, text)
			}
		}
	})
}

// Like the tutorials that collect all candidates and post them at the end, and like
// those that do not trickle but wait for the whole description.
func TestCandidatesInOneBatchAfterTheAnswer(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		bob := l.person("bob").in("r")
		ada := l.poster()
		ada.hello(`{"type": "join", "room": "r"}`)
		ada.seq = 1
		bob.expect("member-joined")
		bob.expect("member-away")
		e := ada.open()
		bob.expect("member-back")

		ada.send(`{"type": "description", "to": "` + bob.session + `", "description": {"type": "offer", "sdp": "v=0\r\na=ice-ufrag:adaU\r\n"}}`)
		bob.expect("description")
		// Bob does not trickle: his candidates are in the answer.
		bob.sendf(`{"type": "description", "to": %q, "description": {"type": "answer", "sdp": "v=0\r\na=ice-ufrag:bobU\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\na=end-of-candidates\r\n"}}`, ada.session)
		e.expect("description")
		var batch []string
		for i := range 20 {
			batch = append(batch, fmt.Sprintf(`{"type": "candidate", "to": %q, "candidate": {"candidate": "candidate:%d", "usernameFragment": "adaU"}}`, bob.session, i))
		}
		ada.send(append(batch, `{"type": "candidate", "to": "`+bob.session+`", "candidate": null}`)...)
		for i := range 20 {
			if frame := bob.expect("candidate"); frame["candidate"].(map[string]any)["candidate"] != fmt.Sprint("candidate:", i) {
				t.Fatalf("got %v", frame)
			}
		}
		bob.expect("end-of-candidates")
	})
}

func TestCloseEndsEventStreamsToo(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada := l.poster()
		ada.hello()
		e := ada.open()
		start := time.Now()
		l.server.Close()
		e.expectClose(closeGoingAway)
		if took := time.Since(start); took > awayTimeout {
			t.Errorf("it took %v", took)
		}
		synctest.Wait()
		if status, _ := l.poster().post(`{"type": "hello", "version": 1}`); status != 503 {
			t.Errorf("got %d", status)
		}
	})
}
