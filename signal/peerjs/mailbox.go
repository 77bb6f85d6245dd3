package peerjs

import "time"

// mailbox keeps messages for an id that is not connected, oldest first.
type mailbox struct {
	letters []letter
	size    int // in bytes
}

type letter struct {
	from  *client
	frame []byte
	at    time.Time
}

func (l letter) size() int { return len(l.frame) + letterCost }

// keep holds a message for who is not there. Where there is no room, or nobody
// can ever have that id, the sender hears so at once, unless earlier messages
// wait already: then their fate is to be this one's, too.
func (r *realm) keep(c *client, dst string, frame []byte, now time.Time) {
	box := r.mail[dst]
	if box == nil {
		box = new(mailbox)
	}
	l := letter{c, frame, now}
	full := len(box.letters) >= boxLetters || box.size+l.size() > boxLimit ||
		c.held+l.size() > senderLimit || r.size+l.size() > mailLimit
	if full || !validID(dst) {
		if !box.from(c) {
			expire(c, dst)
		}
		return
	}
	r.mail[dst] = box
	box.letters = append(box.letters, l)
	r.count(box, l, 1)
}

func (b *mailbox) from(c *client) bool {
	for _, l := range b.letters {
		if l.from == c {
			return true
		}
	}
	return false
}

// count adds a letter to every sum, or takes it off.
func (r *realm) count(box *mailbox, l letter, sign int) {
	box.size += sign * l.size()
	l.from.held += sign * l.size()
	r.size += sign * l.size()
}

// deliver queues what waited for c.
func (r *realm) deliver(c *client) {
	box := r.mail[c.id]
	if box == nil {
		return
	}
	delete(r.mail, c.id)
	for _, l := range box.letters {
		r.count(box, l, -1)
		if !l.from.gone {
			c.line.Send(l.frame)
		}
	}
}

// expire drops the messages of those whose first has waited long enough, and
// tells each of them once.
func (r *realm) expire(now time.Time) {
	for dst, box := range r.mail {
		expired := make(map[*client]bool) // false: its messages may wait on
		kept := box.letters[:0]
		for _, l := range box.letters {
			over, seen := expired[l.from]
			if !seen {
				over = l.from.gone || now.Sub(l.at) >= expireAfter
				expired[l.from] = over
				if over {
					expire(l.from, dst)
				}
			}
			if over {
				r.count(box, l, -1)
			} else {
				kept = append(kept, l)
			}
		}
		clear(box.letters[len(kept):])
		if box.letters = kept; len(kept) == 0 {
			delete(r.mail, dst)
		}
	}
}

// expire tells a client that there is no such peer.
func expire(c *client, dst string) {
	if c.line != nil {
		c.line.Send((&message{Type: typeExpire, Src: dst, Dst: c.id}).encode())
	}
}
