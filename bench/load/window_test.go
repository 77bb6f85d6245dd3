package load

import "testing"

func TestWindowGivesUpWhatIsLost(t *testing.T) {
	w := &window{began: 1000}
	at := func(n int64) int64 { return w.began + n*int64(slice) }
	for range 10 {
		w.sent(up, at(0))
	}
	w.sent(down, at(0))
	for range 7 {
		w.received(up, at(0))
	}
	w.giveUp(at(slices - 1))
	if w.underway != [2]int{3, 1} {
		t.Errorf("given up too early: %v", w.underway)
	}
	w.giveUp(at(slices))
	if w.underway != [2]int{0, 0} {
		t.Errorf("not given up: %v", w.underway)
	}
	w.sent(up, at(slices))
	w.received(up, at(0))
	if w.underway != [2]int{1, 0} {
		t.Errorf("what was given up and came after all makes room once more: %v", w.underway)
	}
	w.giveUp(at(slices + 20))
	if w.underway != [2]int{0, 0} {
		t.Errorf("after a long time: %v", w.underway)
	}
}
