package signal

import (
	"fmt"
	"testing"
	"time"
)

func (l *lab) refused(name, key, code string) {
	l.t.Helper()
	c := l.connect()
	c.send(map[string]any{"type": "hello", "id": "h", "version": 1, "name": name, "key": key})
	if frame := c.expectError(code); frame["re"] != "h" {
		l.t.Errorf("got %v", frame)
	}
	c.conn.Close()
}

func TestANameBelongsToItsKey(t *testing.T) {
	l := newLoopbackLab(t)
	l.device("ada", "0123456789abcdef")
	l.refused("ada", "0123456789abcdeX", nameTaken)
	l.refused("ada", "", nameTaken)
	l.refused(" ada\t", "0123456789abcdeX", nameTaken)
	l.device("ada", "0123456789abcdef")
	l.device("Ada", "0123456789abcdeX")
}

func TestANameWithoutAKeyIsOfOneSession(t *testing.T) {
	l := newLoopbackLab(t)
	c := l.device("ada", "")
	l.refused("ada", "", nameTaken)
	l.refused("ada", "0123456789abcdef", nameTaken)
	c.conn.Close()
	for l.server.hub.devices("ada") > 0 {
		time.Sleep(time.Millisecond)
	}
	l.device("ada", "0123456789abcdef")
}

func TestARefusedHelloMayBeFollowedByAnother(t *testing.T) {
	l := newLoopbackLab(t)
	l.device("ada", "0123456789abcdef")
	c := l.connect()
	c.sendf(`{"type": "hello", "version": 1, "name": "ada"}`)
	c.expectError(nameTaken)
	c.sendf(`{"type": "hello", "version": 1, "name": "bob\u0007"}`)
	c.expectError(badName)
	c.sendf(`{"type": "hello", "version": 1}`)
	if welcome := c.expect("welcome"); welcome["name"] != nil {
		t.Errorf("got %v", welcome)
	}
}

func TestANameIsKeptForWhoReconnects(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada := l.person("ada")
		ada.conn.Close()
		time.Sleep(nameReserve - time.Second)
		l.refused("ada", "0123456789abcdef", nameTaken)
		ada = l.person("ada")
		ada.conn.Close()
		time.Sleep(nameReserve + time.Second)
		l.device("ada", "0123456789abcdef")
	})
}

func TestKeptNamesAreBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		for i := range 20 {
			l.person(fmt.Sprint("guest ", i)).conn.Close()
			time.Sleep(time.Second)
		}
		l.server.hub.mu.Lock()
		kept := len(l.server.hub.names.people)
		l.server.hub.mu.Unlock()
		if kept != 5 {
			t.Errorf("%d names are kept", kept)
		}
		time.Sleep(nameReserve)
		l.person("late").conn.Close() // finds room, since the others' time is over
		time.Sleep(time.Second)
		l.refused("late", "0123456789abcdef", nameTaken)
	}, func(cfg *Config) { cfg.Limits.Sessions = 5 })
}

func TestDevicesOfOnePersonAreBounded(t *testing.T) {
	l := newLoopbackLab(t)
	for range namesakes {
		l.device("ada", "0123456789abcdef")
	}
	l.refused("ada", "0123456789abcdef", tooManyCode)
}
