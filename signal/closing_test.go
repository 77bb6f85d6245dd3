package signal

import (
	"slices"
	"strconv"
	"testing"
	"time"
)

// closeScenarios provoke each line of the table of close codes.
var closeScenarios = map[int]func(t *testing.T, l *lab){
	closeNormal: func(t *testing.T, l *lab) {
		c := l.person("ada")
		c.sendf(`{"type": "bye"}`)
		c.expectClose(closeNormal)
	},
	closeFull: func(t *testing.T, l *lab) {
		l.server.limits.Sessions = 1
		l.lasting("ada").lose()
		c := l.connect()
		c.sendf(`{"type": "hello", "version": 1}`)
		c.expectClose(closeFull)
	},
	closeSuperseded: func(t *testing.T, l *lab) {
		ada := l.lasting("ada")
		l.resume(ada.token(), 0)
		ada.expectClose(closeSuperseded)
	},
	closeGoingAway: func(t *testing.T, l *lab) {
		c := l.person("ada")
		l.server.Close()
		c.expectClose(closeGoingAway)
	},
	closeTooLarge: func(t *testing.T, l *lab) {
		c := l.person("ada")
		go c.conn.WriteMessage(1, make([]byte, frameLimit+1)) // a pipe holds nothing
		c.expectClose(closeTooLarge)
	},
	closeSlow: func(t *testing.T, l *lab) {
		p := l.people("r", "ada")
		slow := slowInRoom(l, p)
		for range queueFrames + 2 {
			p[0].sendf(`{"type": "state", "room": "r", "state": {}}`)
		}
		p[0].expect("member-left")
		slow.listen()
		slow.expectClose(closeSlow)
	},
	closeNoHello: func(t *testing.T, l *lab) { l.connect().expectClose(closeNoHello) },
	closeDead: func(t *testing.T, l *lab) {
		c := l.connectDeaf()
		start := time.Now()
		c.expectClose(closeDead)
		if waited := time.Since(start); waited != deadAfter {
			t.Errorf("after %v", waited)
		}
	},
	closeMalformed: func(t *testing.T, l *lab) {
		for _, c := range []*client{l.connect(), l.person("ada")} { // before and after hello
			for range malformedLimit {
				c.sendText(`{"type`)
				c.expectError(badFrame)
			}
			c.expectClose(closeMalformed)
		}
	},
	closeProof: func(t *testing.T, l *lab) {
		l.helloWith(map[string]any{"token": "x"}).expectClose(closeProof)
	},
	closeRefused: func(t *testing.T, l *lab) {
		c := l.connect()
		c.sendf(`{"type": "hello", "version": 9}`)
		c.expectClose(closeRefused)
	},
}

func TestEveryCloseCodeOfTheProtocol(t *testing.T) {
	codes := table(t, "Closing")
	for _, text := range codes {
		code, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		scenario := closeScenarios[code]
		if scenario == nil {
			t.Errorf("nothing provokes %d", code)
			continue
		}
		t.Run(text, func(t *testing.T) { inBubble(t, scenario) })
	}
	for code := range closeScenarios {
		if !slices.Contains(codes, strconv.Itoa(code)) {
			t.Errorf("%d is not in the protocol", code)
		}
	}
}
