package turn

import (
	"bytes"
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

func TestRetransmissionGetsTheSameAnswerAndChangesNothing(t *testing.T) {
	w := newWorld(t, nil)
	c := w.client(alice, "alice")
	c.challenge()
	m := c.build(stun.MethodAllocate, udpTransport)
	first := c.send(c.tuple, m.Raw)
	again := c.send(c.tuple, m.Raw)
	if len(first) != 1 || len(again) != 1 || !bytes.Equal(first[0], again[0]) {
		t.Fatal("the answers differ")
	}
	if w.core.Allocations() != 1 || len(w.relays) != 1 || w.core.registry.total != 1 {
		t.Error("the retransmission acted")
	}
	// A deleted allocation stays deleted, and the answer the same.
	m = c.build(stun.MethodRefresh, lifetime(0))
	first, again = c.send(c.tuple, m.Raw), c.send(c.tuple, m.Raw)
	if !bytes.Equal(first[0], again[0]) || w.core.Allocations() != 0 {
		t.Error("the answers to the last Refresh differ")
	}
	w.wait(answerLifetime + time.Second)
	if len(w.core.answers.byKey) != 0 || w.core.answers.queue != nil {
		t.Error("answers are kept for ever")
	}
}
