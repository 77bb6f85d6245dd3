package signal

import (
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

func TestWhoDoesNotSayHelloIsCutAfterFiveSeconds(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		start := time.Now()
		c := l.connect()
		for range 4 { // other frames and pongs do not put it off
			time.Sleep(time.Second)
			c.sendf(`{"type": "join", "room": "r"}`)
			c.expectError(helloFirst)
			c.conn.WriteControl(websocket.PongMessage, nil, time.Now().Add(time.Second))
		}
		c.expectClose(closeNoHello)
		if waited := time.Since(start); waited != helloTimeout {
			t.Errorf("cut after %v", waited)
		}
	})
}

// A laptop whose lid is closed says nothing, not even goodbye.
func TestAClosedLidIsSeenWithin45Seconds(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		p := l.people("r", "ada", "bob")
		sleeper := l.connectSilent()
		sleeper.sendf(`{"type": "hello", "version": 1}`)
		sleeper.conn.ReadMessage()
		sleeper.sendf(`{"type": "join", "room": "r"}`)
		sleeper.conn.ReadMessage()
		start := time.Now()
		for _, c := range p {
			c.expect("member-joined")
		}
		for _, c := range p {
			if left := c.expect("member-left"); left["reason"] != "gone" {
				t.Errorf("got %v", left)
			}
		}
		if waited := time.Since(start); waited > deadAfter {
			t.Errorf("it took %v", waited)
		}
		time.Sleep(30 * time.Minute) // the others answer pings, and stay
		p[0].expectNothing()
		p[1].expectNothing()
	})
}

func TestAClientPingIsASignOfLife(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		c := l.connectDeaf()
		for range 20 {
			time.Sleep(30 * time.Second)
			c.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second))
		}
		c.expectNothing()
	})
}

func TestCredentialsAreRenewedBeforeTheyExpire(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		c := l.person("ada")
		last := c.welcome["ice"].(map[string]any)
		if !contains(last, c.welcome["user"].(string)) {
			t.Errorf("the credentials %v are not those of %v", last, c.welcome["user"])
		}
		var waits []time.Duration
		for range 10 {
			start := time.Now()
			ice := c.expect("ice")["ice"].(map[string]any)
			wait := time.Since(start)
			waits = append(waits, wait)
			if wait < 37*time.Minute || wait > 46*time.Minute {
				t.Errorf("an hour's credentials were renewed after %v", wait)
			}
			if time.Now().Unix() >= int64(last["expires_at"].(float64)) {
				t.Error("they had expired")
			}
			if ice["expires_at"].(float64) <= last["expires_at"].(float64) {
				t.Error("the new ones do not last longer")
			}
			if !contains(ice, c.welcome["user"].(string)) {
				t.Error("the new ones are another user's")
			}
			last = ice
		}
		same := true
		for _, wait := range waits {
			same = same && wait == waits[0]
		}
		if same {
			t.Error("there is no jitter")
		}
	})
}

func TestCredentialsOfFiveSecondsAreRenewedToo(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		c := l.person("ada")
		start := time.Now()
		for range 20 {
			c.expect("ice")
		}
		if mean := time.Since(start) / 20; mean < 3*time.Second || mean > 4*time.Second {
			t.Errorf("renewed every %v", mean)
		}
	}, func(cfg *Config) {
		cfg.ICE = func(user string, now time.Time) ICE {
			return ICE{TTL: 5, ExpiresAt: now.Add(5 * time.Second).Unix()}
		}
	})
}

// contains tells whether the credentials are of this user.
func contains(ice map[string]any, user string) bool {
	server := ice["iceServers"].([]any)[0].(map[string]any)
	return server["credential"] == "credential of "+user
}
