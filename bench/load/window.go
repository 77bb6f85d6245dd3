package load

import "time"

const (
	// Packets are counted by the slice of time in which they were sent. Those that have not come when the slice is that many slices old are given up.
	slice  = 100 * time.Millisecond
	slices = 4
)

// A direction is that of a packet.
type direction uint32

const (
	up   direction = iota // from a client to a peer
	down                  // and back
)

// A window counts what is under way in a closed loop. Without giving up what is lost, the loop would end with it.
type window struct {
	began    int64 // ns of the wall clock
	now      int64 // the number of the present slice
	open     [slices][2]int
	underway [2]int
}

func (w *window) number(at int64) int64 { return (at - w.began) / int64(slice) }

func (w *window) sent(d direction, at int64) {
	w.open[w.number(at)%slices][d]++
	w.underway[d]++
}

// received takes a packet out that was sent at a time; if it was given up it is too late.
func (w *window) received(d direction, sentAt int64) {
	n := w.number(sentAt)
	if n <= w.now-slices {
		return
	}
	if open := &w.open[n%slices][d]; *open > 0 {
		*open--
		w.underway[d]--
	}
}

// giveUp goes on to the slice of a time.
func (w *window) giveUp(now int64) {
	for to := w.number(now); w.now < to; {
		w.now++
		old := &w.open[w.now%slices]
		for d, n := range old {
			w.underway[d] -= n
			old[d] = 0
		}
	}
}
