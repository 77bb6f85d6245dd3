package signal

import (
	"testing"
	"time"
)

func TestEverySessionIsToldWhereToGoAndWhenEachAtATimeOfItsOwn(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		here := []*client{l.person("ada"), l.person("bob"), l.person("eve")}
		l.server.Move("https://turn2.example.org", time.Hour)
		late := l.person("zoe")
		times := make(map[float64]bool)
		for _, c := range append(here, late) {
			f := c.expect("move")
			after, _ := f["after"].(float64)
			if f["to"] != "https://turn2.example.org" || after < 0 || after > 3_600_000 {
				t.Errorf("%v", f)
			}
			times[after] = true
		}
		if len(times) < 2 {
			t.Errorf("all go at once: %v", times)
		}
		l.server.Move("", 0)
		for _, c := range append(here, late) {
			if f := c.expect("move"); f["to"] != "" {
				t.Errorf("they do not stay: %v", f)
			}
		}
		l.server.Move("", 0)
		l.person("kim").expectNothing()
	})
}

func TestWhoIsAwayIsToldOnComingBack(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada := l.lasting("ada")
		ada.lose()
		l.server.Move("https://turn2.example.org", 0)
		if f := l.resume(ada.token(), 0).expect("move"); f["after"] != 0.0 {
			t.Errorf("%v", f)
		}
	})
}
