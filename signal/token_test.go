package signal

import (
	"testing"
	"time"
)

// The welcome with the next token may be lost with its connection; once the client
// has shown that it has it, the one before is worth nothing.
func TestATokenIsGoodUntilTheNextIsUsed(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada := l.lasting("ada")
		first := ada.token()
		ada.lose()
		l.resume(first, 0).lose()
		third := l.resume(first, 0)
		if third.welcome["resumed"] != true {
			t.Fatalf("got %v", third.welcome)
		}
		third.sendf(`{"type": "ping"}`)
		third.expect("pong")
		third.lose()
		if thief := l.resume(first, 0); thief.welcome["resumed"] != false {
			t.Errorf("got %v", thief.welcome)
		}
		if again := l.resume(third.token(), 0); again.welcome["resumed"] != true || again.session != ada.session {
			t.Errorf("got %v", again.welcome)
		}
	})
}

func TestTokensExpireAndAreRenewedOverTheLiveSession(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada := l.lasting("ada")
		start := time.Now()
		first := ada.token()
		var newest string
		for range 2 {
			newest = ada.expect("resume")["resume"].(map[string]any)["token"].(string)
		}
		if waited := time.Since(start); waited != 2*tokenRenewal {
			t.Errorf("renewed within %v", waited)
		}
		time.Sleep(time.Second)
		if late := l.resume(first, 0); late.welcome["resumed"] != false {
			t.Errorf("got %v", late.welcome)
		}
		if again := l.resume(newest, 0); again.welcome["resumed"] != true {
			t.Errorf("got %v", again.welcome)
		}
	})
}

func TestForgedTokensAreWorthNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada := l.lasting("ada")
		other := newTokens()
		forged := other.issue(&session{id: ada.session, user: "x"}, 0, time.Now()).Token
		token := ada.token()
		for _, text := range []string{forged, token[:len(token)-2], "x" + token, ".", "x", token + "." + token} {
			if c := l.resume(text, 0); c.welcome["resumed"] != false {
				t.Errorf("%s: got %v", text, c.welcome)
			}
		}
		ada.expectNothing()
	})
}
