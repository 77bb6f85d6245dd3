package peerjs

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"turnpike/signal"
)

const taken = `{"type":"ID-TAKEN","payload":{"msg":"ID is taken"}}`

func TestWhoConnectsAgainHearsOpenAndTheOldConnectionEnds(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		bob := b.peer("bob")
		old := b.peer("ada")
		ada := b.peer("ada")
		old.ExpectClose(signal.CloseSuperseded)
		bob.Send(offer("ada"))
		ada.Expect(offered("bob", "ada"))
		time.Sleep(2 * hold) // the end of the old one takes nothing from the new one
		bob.Send(offer("ada"))
		ada.Expect(offered("bob", "ada"))
	})
}

func TestAnIdIsTakenForAnotherToken(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		ada, bob := b.peer("ada"), b.peer("bob")
		thief := b.Connect(at("ada", "token-of-eve"))
		thief.Expect(taken)
		thief.ExpectClose(signal.CloseRefused)
		bob.Send(offer("ada"))
		ada.Expect(offered("bob", "ada"))
	})
}

func TestAnIdIsHeldForItsToken(t *testing.T) {
	ends := map[string]func(*bed){
		"disconnect": func(b *bed) { b.peer("ada").Close(1000) },
		"no code":    func(b *bed) { b.peer("ada").Close(1005) },
		"lost":       func(b *bed) { b.peer("ada").Conn.NetConn().Close(); synctest.Wait() },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bed) {
				end(b)
				time.Sleep(hold - time.Second)
				b.Connect(at("ada", "token-of-eve")).Expect(taken)
				b.peer("ada").Close(1000) // holds it anew
				time.Sleep(hold - time.Second)
				b.Connect(at("ada", "token-of-eve")).Expect(taken)
				time.Sleep(time.Second)
				b.Connect(at("ada", "token-of-eve")).Expect(`{"type":"OPEN"}`)
				b.Connect(at("ada", "token-of-ada")).Expect(taken)
			})
		})
	}
}

// A page that is closed or loaded anew has forgotten its token.
func TestAnIdIsFreeWhenItsPageHasGone(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		b.peer("ada").Close(1001)
		b.Connect(at("ada", "another")).Expect(`{"type":"OPEN"}`)
	})
}

func TestAnIdIsFreeForWhoSaysLeave(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		ada := b.peer("ada")
		ada.Send(`{"type":"LEAVE"}`)
		ada.ExpectClose(1000)
		b.Connect(at("ada", "another")).Expect(`{"type":"OPEN"}`)
	})
}

func TestNothingIsHeldWhereThatIsNotWanted(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		b.peer("ada").Close(1000)
		b.Connect(at("ada", "another")).Expect(`{"type":"OPEN"}`)
	}, func(c *Config, _ *signal.Config) { c.Hold = 0 })
}

func TestHeldIdsAreFreedByTheJanitorAndBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		r := b.server.realm
		for i := range heldIDs {
			id := fmt.Sprint(i)
			r.clients[id] = &client{id: id, until: time.Now().Add(hold)}
		}
		r.away = heldIDs
		b.peer("ada").Close(1000) // no room to hold it
		b.Connect(at("ada", "another")).Expect(`{"type":"OPEN"}`)
		time.Sleep(hold + sweepInterval)
		r.mu.Lock()
		defer r.mu.Unlock()
		if len(r.clients) != 1 || r.away != 0 {
			t.Errorf("%d clients, %d of them away", len(r.clients), r.away)
		}
	})
}
