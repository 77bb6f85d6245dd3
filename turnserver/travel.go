package turnserver

import (
	"time"

	"turnpike/turnserver/turn"
)

// A client that has moved (RFC 8016) speaks from a 5-tuple that the kernel gives to any shard, while its allocation stays where it is. The shard that
// receives its packets hands them over.

const (
	maxTravellers = 4096             // of a shard; who comes beyond is refused, and makes a new allocation
	travelIdle    = 10 * time.Minute // no packet for so long, and the 5-tuple is forgotten
)

// travellers are the 5-tuples whose packets belong to other shards.
type travellers struct {
	shards map[turn.FiveTuple]*traveller
}

type traveller struct {
	shard int
	seen  bool      // a packet has come since
	since time.Time // when it was last known to be in use
}

func (t *travellers) to(client turn.FiveTuple) (shard int, away bool) {
	if len(t.shards) == 0 {
		return 0, false
	}
	tr := t.shards[client]
	if tr == nil {
		return 0, false
	}
	tr.seen = true
	return tr.shard, true
}

func (t *travellers) add(client turn.FiveTuple, shard int) bool {
	if len(t.shards) >= maxTravellers {
		return false
	}
	if t.shards == nil {
		t.shards = make(map[turn.FiveTuple]*traveller)
	}
	t.shards[client] = &traveller{shard: shard, since: time.Now()}
	return true
}

func (t *travellers) sweep(now time.Time) {
	for client, tr := range t.shards {
		switch {
		case now.Sub(tr.since) < travelIdle:
		case tr.seen:
			tr.seen, tr.since = false, now
		default:
			delete(t.shards, client)
		}
	}
}

// travel begins to hand over what a client sends. A stream goes to the other shard as a whole.
func (sh *shard) travel(e *turn.Effect) {
	if e.Shard < 0 || e.Shard >= len(sh.server.shards) {
		return
	}
	if e.Client.Transport != turn.UDP {
		if st := sh.streams[e.Client]; st != nil {
			st.moveTo.Store(sh.server.shards[e.Shard])
		}
		return
	}
	if sh.travellers.add(e.Client, e.Shard) {
		sh.handOver(e.Shard, forwarded{client: e.Client, data: e.Data})
	} else {
		sh.overflow.Add(1)
	}
}

// settle moves a stream to the shard that has its allocation, and lets that shard have the frame which told so. Only the stream's reader calls it.
func (st *stream) settle(frame []byte) {
	to := st.moveTo.Swap(nil)
	if to == nil {
		return
	}
	from := st.shard
	from.mu.Lock()
	delete(from.streams, st.tuple)
	st.shard = to
	from.mu.Unlock()
	if to.addStream(st) {
		to.packet(st.tuple, frame)
	}
}
