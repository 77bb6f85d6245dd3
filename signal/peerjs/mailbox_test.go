package peerjs

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"turnpike/signal"
	"turnpike/signal/internal/lab"
)

// once takes the bounds of messages over time out of the way.
func freely(_ *Config, door *signal.Config) {
	door.Limits.PerSession.Messages = signal.Rate{PerSecond: 1e6, Burst: 1e6}
	door.Limits.PerAddress.Messages = signal.Rate{PerSecond: 1e6, Burst: 1e6}
}

func TestAMessageToNobodyExpiresOnceAfterFiveSeconds(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		ada, eve := b.peer("ada"), b.peer("eve")
		start := time.Now()
		ada.Send(offer("bob"))
		for range 3 {
			time.Sleep(time.Second)
			ada.Send(`{"type":"CANDIDATE","dst":"bob","payload":{}}`)
		}
		eve.Send(offer("bob")) // three seconds later
		ada.Expect(expired("bob", "ada"))
		if waited := time.Since(start); waited < expireAfter || waited > expireAfter+sweepInterval {
			t.Errorf("expired after %v", waited)
		}
		eve.ExpectNothing()
		eve.Expect(expired("bob", "eve"))
		if waited := time.Since(start); waited < 3*time.Second+expireAfter {
			t.Errorf("the second sender's expired after %v", waited)
		}
		time.Sleep(time.Minute)
		ada.ExpectNothing()
		eve.ExpectNothing()
		b.peer("bob").ExpectNothing()
	})
}

func TestMessagesWaitForWhoConnectsAgain(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		ada := b.peer("ada")
		b.peer("bob").Conn.NetConn().Close()
		time.Sleep(time.Millisecond)
		ada.Send(offer("bob"))
		for i := range 20 {
			ada.Send(fmt.Sprintf(`{"type":"CANDIDATE","dst":"bob","payload":{"i":%d}}`, i))
		}
		time.Sleep(4 * time.Second)
		bob := b.peer("bob")
		bob.Expect(offered("ada", "bob"))
		for i := range 20 {
			bob.Expect(fmt.Sprintf(`{"type":"CANDIDATE","src":"ada","dst":"bob","payload":{"i":%d}}`, i))
		}
		time.Sleep(time.Minute)
		ada.ExpectNothing()
		bob.ExpectNothing()
	})
}

// An answer to them would reach whoever has the id now.
func TestMessagesOfWhoGaveUpItsIdAreNotDelivered(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		ada := b.peer("ada")
		ada.Send(offer("bob"))
		ada.ExpectNothing()
		ada.Close(1001)
		b.Connect(at("ada", "another")).Expect(`{"type":"OPEN"}`)
		b.peer("bob").ExpectNothing()
	})
}

func TestAnIdThatNobodyCanHaveExpiresAtOnce(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		ada := b.peer("ada")
		for _, dst := range []string{"no such!", strings.Repeat("x", 10000)} {
			ada.Send(offer(dst))
			ada.Expect(expired(dst, "ada"))
		}
	})
}

// Whatever was sent to an id, who has it can still connect.
func TestAFullMailboxFitsIntoTheQueueOfWhoComes(t *testing.T) {
	large := strings.Repeat("x", 60<<10)
	for name, text := range map[string]string{
		"many":  `{"type":"CANDIDATE","dst":"bob","payload":{}}`,
		"large": `{"type":"OFFER","dst":"bob","payload":{"x":"` + large + `"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, b *bed) {
				for i := range 8 {
					c := b.peer(fmt.Sprint("sender", i))
					for range 100 {
						c.Send(text)
					}
				}
				last := b.peer("last")
				last.Send(offer("bob"))
				if name == "many" {
					last.Expect(expired("bob", "last")) // at once, since there is no room
				}
				r := b.server.realm
				r.mu.Lock()
				if box := r.mail["bob"]; len(box.letters) > boxLetters || box.size > boxLimit || len(box.letters) < 4 {
					t.Errorf("the mailbox has %d messages, %d bytes", len(box.letters), box.size)
				}
				r.mu.Unlock()
				bob := b.Silent(at("bob", "token-of-bob"))
				time.Sleep(time.Second)
				bob.Listen()
				bob.Expect(`{"type":"OPEN"}`)
				bob.Next()
				last.Send(offer("bob"))
				for bob.Next() != offered("last", "bob") {
				}
			}, freely)
		})
	}
}

func TestMailIsBoundedForASenderAndInAll(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		r := b.server.realm
		mallory := b.peer("mallory")
		refused := func(c *lab.Client, n int) (no int) {
			const batch = 50 // fewer than the queue to the client holds
			for i := range n {
				c.Send(offer(fmt.Sprint("nobody", i)))
				if i%batch < batch-1 {
					continue
				}
				c.Send(offer("mallory")) // it comes back after all refusals
				for got := c.Next(); got != offered("mallory", "mallory"); got = c.Next() {
					if no++; no > n {
						t.Fatalf("more refusals than messages; the last: %s", got)
					}
				}
			}
			return no
		}
		if no, room := refused(mallory, 1000), senderLimit/(letterCost+70); no < 1000-room-50 || no > 1000-room+50 {
			t.Errorf("%d of 1000 messages were refused", no)
		}
		r.mu.Lock()
		if r.size > senderLimit {
			t.Errorf("%d bytes of one sender are kept", r.size)
		}
		r.size += mailLimit
		r.mu.Unlock()
		eve := b.peer("eve")
		eve.Send(offer("anybody"))
		eve.Expect(expired("anybody", "eve"))
		r.mu.Lock()
		r.size -= mailLimit
		r.mu.Unlock()
	}, freely)
}
