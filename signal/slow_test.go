package signal

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// slowInRoom joins a fourth member that does not read what it is sent.
func slowInRoom(l *lab, others []*client) *client {
	slow := l.connectSilent()
	slow.sendf(`{"type": "hello", "version": 1}`)
	slow.conn.ReadMessage()
	slow.sendf(`{"type": "join", "room": "r"}`)
	slow.conn.ReadMessage()
	for _, other := range others {
		slow.session = other.expect("member-joined")["member"].(map[string]any)["session"].(string)
	}
	return slow
}

func TestASlowReaderIsClosedAndDelaysNobody(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		p := l.people("r", "ada", "bob")
		slow := slowInRoom(l, p)
		start := time.Now()
		for i := range queueFrames + 10 {
			p[0].sendf(`{"type": "state", "room": "r", "state": {"n": %d}}`, i)
			synctest.Wait() // a busy machine must not make bob the slow one
		}
		for i := range queueFrames + 10 {
			frame := p[1].next()
			if frame["type"] == "member-left" {
				if frame["session"] != slow.session || frame["reason"] != "gone" {
					t.Errorf("got %v", frame)
				}
				frame = p[1].next()
			}
			if got := fmt.Sprint(frame["state"]); got != fmt.Sprintf("map[n:%d]", i) {
				t.Fatalf("bob got %v at %d", frame, i)
			}
		}
		p[0].expect("member-left")
		if waited := time.Since(start); waited != 0 {
			t.Errorf("the others waited %v", waited)
		}
		slow.listen()
		slow.expectClose(closeSlow)
		p[0].expectNothing()
		p[1].expectNothing()
	})
}

func TestTheQueueIsBoundedInBytesToo(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		p := l.people("r", "ada")
		slow := slowInRoom(l, p)
		for range queueBytes/(60<<10) + 2 {
			p[0].sendf(`{"type": "description", "to": %q, "description": {"sdp": %q}}`, slow.session, strings.Repeat("x", 60<<10))
		}
		p[0].expect("member-left")
		slow.listen()
		slow.expectClose(closeSlow)
	})
}

// The same on a real socket, whose buffers are the kernel's.
func TestASlowReaderOnARealSocketIsClosed(t *testing.T) {
	l := newLoopbackLab(t)
	p := l.people("r", "ada", "bob")
	slow := slowInRoom(l, p)
	text := strings.Repeat("x", 60<<10)
	for i := 0; ; i++ {
		if i == 900 {
			t.Fatal("54 MB fit into the queue")
		}
		p[0].sendf(`{"type": "description", "to": %q, "description": {"sdp": %q}}`, slow.session, text)
		p[0].sendf(`{"type": "description", "id": "%d", "to": %q, "description": {}}`, i, p[1].session)
		if frame := p[1].next(); frame["type"] == "member-left" {
			break
		}
	}
	slow.listen()
	slow.expectClose(closeSlow)
}

// A client that neither reads nor closes holds nothing for long.
func TestASlowReaderThatNeverReadsIsCut(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		p := l.people("r", "ada")
		slowInRoom(l, p)
		for range queueFrames + 2 {
			p[0].sendf(`{"type": "state", "room": "r", "state": {}}`)
		}
		p[0].expect("member-left")
		time.Sleep(closeTimeout + time.Second)
		l.server.mu.Lock()
		left := l.server.reserved
		l.server.mu.Unlock()
		if left != 1 {
			t.Errorf("%d connections are open", left)
		}
	})
}
