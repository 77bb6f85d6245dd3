package turn

import "time"

// wheelSlots are seconds; no deadline is further away than MaxLifetime, an hour.
const wheelSlots = 1 << 12

// A wheel holds for each allocation the second in which it is to be looked at next. Its seconds count from the first time it is told, by the
// monotonic clock where there is one, so that a clock that jumps expires nothing.
type wheel struct {
	start time.Time
	at    int64 // the last second that has been served
	slots [wheelSlots]*allocation
}

// timer is an allocation's place in the wheel.
type timer struct {
	prev, next *allocation
	due        int64
	scheduled  bool
}

func (w *wheel) second(t time.Time) int64 {
	if w.start.IsZero() {
		w.start = t
	}
	return int64(t.Sub(w.start) / time.Second)
}

// schedule puts a into the first second that ends after at, or moves it there.
func (w *wheel) schedule(now time.Time, a *allocation, at time.Time) {
	w.second(now)
	w.remove(a)
	due := max(w.second(at)+1, w.at+1)
	a.due, a.scheduled = due, true
	slot := &w.slots[due%wheelSlots]
	a.prev, a.next = nil, *slot
	if *slot != nil {
		(*slot).prev = a
	}
	*slot = a
}

// hasten schedules a for at unless it is to be looked at before.
func (w *wheel) hasten(now time.Time, a *allocation, at time.Time) {
	if !a.scheduled || w.second(at)+1 < a.due {
		w.schedule(now, a, at)
	}
}

func (w *wheel) remove(a *allocation) {
	if !a.scheduled {
		return
	}
	if a.prev != nil {
		a.prev.next = a.next
	} else {
		w.slots[a.due%wheelSlots] = a.next
	}
	if a.next != nil {
		a.next.prev = a.prev
	}
	a.timer = timer{}
}

// advance calls due for every allocation whose second has come, at most once round.
func (w *wheel) advance(now time.Time, due func(*allocation)) {
	to := w.second(now)
	if to-w.at > wheelSlots {
		w.at = to - wheelSlots
	}
	for w.at < to {
		w.at++
		for a := w.slots[w.at%wheelSlots]; a != nil; {
			next := a.next
			w.remove(a)
			due(a)
			a = next
		}
	}
}
