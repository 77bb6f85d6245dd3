package turnserver

import (
	"net/netip"
	"sync"
	"time"

	"turnpike/turnserver/turn"
)

const (
	// forwardQueue is in datagrams and forwardQueueBytes in bytes; what other shards bring beyond it is dropped and counted.
	forwardQueue      = 1024
	forwardQueueBytes = 4 << 20
)

// forwarded is what another shard hands over: data from its relayed address to one of ours, or a packet of a client whose allocation is here.
type forwarded struct {
	from, to netip.AddrPort
	client   turn.FiveTuple // where it is valid, a client's packet
	data     []byte
}

// A parcel is what one shard hands to another at once. It has a copy of the data, and is used again.
type parcel struct {
	list []forwarded
	data []byte
}

func (p *parcel) add(f forwarded) {
	n := len(p.data)
	p.data = append(p.data, f.data...)
	f.data = p.data[n:len(p.data):len(p.data)]
	p.list = append(p.list, f)
}

func (p *parcel) clear() {
	p.list, p.data = p.list[:0], p.data[:0]
	if cap(p.data) > forwardQueueBytes/16 {
		p.data = nil // there was a burst
	}
}

// An inbox is what waits for a shard. Its lock is taken once for each parcel, and nothing else is locked under it.
type inbox struct {
	wake chan struct{} // holds one token while something waits

	mu      sync.Mutex // guards what follows
	waiting parcel
	taken   parcel // is the reader's, until it takes again
}

// put takes over what is in the parcel, and tells how much there was no room for.
func (b *inbox) put(p *parcel) (dropped int) {
	b.mu.Lock()
	if len(b.waiting.list) == 0 {
		b.waiting, *p = *p, b.waiting
	} else {
		for _, f := range p.list {
			if len(b.waiting.list) >= forwardQueue || len(b.waiting.data)+len(f.data) > forwardQueueBytes {
				dropped++
			} else {
				b.waiting.add(f)
			}
		}
	}
	b.mu.Unlock()
	p.clear()
	select {
	case b.wake <- struct{}{}:
	default:
	}
	return dropped
}

// take returns what waits. It is the caller's until the next take; there is one caller.
func (b *inbox) take() []forwarded {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.taken.clear()
	b.waiting, b.taken = b.taken, b.waiting
	return b.taken.list
}

// handOver gives something to another shard, with the next flush.
func (sh *shard) handOver(to int, f forwarded) {
	if p := &sh.outbox[to]; len(p.list) < forwardQueue && len(p.data)+len(f.data) <= forwardQueueBytes {
		p.add(f)
		sh.outgoing = true
	} else {
		sh.server.shards[to].overflow.Add(1)
	}
}

func (sh *shard) sendOutbox() {
	if !sh.outgoing {
		return
	}
	sh.outgoing = false
	for i := range sh.outbox {
		if p := &sh.outbox[i]; len(p.list) > 0 {
			to := sh.server.shards[i]
			to.overflow.Add(uint64(to.inbox.put(p)))
		}
	}
}

// readInbox lets the core have what other shards have brought.
func (sh *shard) readInbox() {
	sh.locked(func(now time.Time) {
		for _, f := range sh.inbox.take() {
			if f.client.Client.IsValid() {
				sh.carry(sh.core.Packet(now, f.client, f.data))
			} else {
				sh.carry(sh.core.Relayed(now, f.from, f.to, f.data))
			}
		}
	})
}
