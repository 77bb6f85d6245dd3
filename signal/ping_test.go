package signal

import (
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestPingIsAnsweredAtOnceAndWithTheTime(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		early := l.connect()
		early.sendf(`{"type": "ping", "id": "0"}`)
		early.expectError(helloFirst)

		c := l.person("ada")
		begin := time.Now()
		time.Sleep(90 * time.Millisecond)
		c.sendf(`{"type": "ping", "id": "7"}`)
		pong := c.expect("pong")
		if pong["re"] != "7" || pong["time"] != float64(begin.UnixMilli()+90) {
			t.Errorf("got %v", pong)
		}
		c.sendf(`{"type": "ping"}`)
		if pong := c.expect("pong"); pong["re"] != nil {
			t.Errorf("got %v", pong)
		}
	})
}

// A client that sends nothing but pings is alive, though it answers none of ours.
func TestPingsAreSignsOfLife(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		c := l.connectDeaf()
		for range 12 {
			time.Sleep(deadAfter / 2)
			c.sendf(`{"type": "ping", "id": "1"}`)
			c.expect("pong")
		}
		c.expectClose(closeDead)
	})
}

func TestPingsCountAsMessages(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		c := l.person("ada")
		for range 20 {
			c.sendf(`{"type": "ping"}`)
		}
		answered, refused := 0, 0
		for range 20 {
			switch frame := c.next(); frame["type"] {
			case "pong":
				answered++
			case "error":
				if frame["code"] != tooManyCode {
					t.Errorf("got %v", frame)
				}
				refused++
			}
		}
		if answered != 9 || refused != 11 { // hello was the first of ten
			t.Errorf("%d are answered, %d refused", answered, refused)
		}
	}, func(c *Config) { c.Limits.PerSession.Messages = Rate{0.001, 10} })
}

func TestRoundTripsAreMeasuredByOurOwnPings(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		c := l.connectSilent()
		answer := c.conn.PingHandler()
		c.conn.SetPingHandler(func(data string) error {
			time.Sleep(80 * time.Millisecond)
			return answer(data)
		})
		c.listen()
		c.sendf(`{"type": "hello", "version": 1}`)
		c.expect("welcome")
		c.conn.WriteControl(websocket.PongMessage, nil, time.Now().Add(time.Second)) // which nobody has asked for
		time.Sleep(2*pingInterval + time.Second)
		r := l.server.RoundTrips()
		if want := (RoundTrips{Sum: 160 * time.Millisecond, Counts: [9]uint64{3: 2}}); r != want {
			t.Errorf("got %+v, want %+v", r, want)
		}
	})
}
