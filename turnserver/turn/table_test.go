package turn

import (
	"math/rand/v2"
	"testing"
)

// Whatever is done to a table and to a map, both have the same.
func TestTableIsAMap(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var got table[int, int]
		want := make(map[int]int)
		for range 100 {
			key, value := random.IntN(3*few), random.Int()
			switch random.IntN(4) {
			case 0:
				got.delete(key)
				delete(want, key)
			case 1:
				for k := range got.all() {
					if k%3 == 0 {
						got.delete(k)
					}
				}
				for k := range want {
					if k%3 == 0 {
						delete(want, k)
					}
				}
			default:
				got.set(key, &value)
				want[key] = value
			}
			if got.len() != len(want) {
				t.Fatalf("%d entries, want %d", got.len(), len(want))
			}
			seen := 0
			for k, v := range got.all() {
				if w, ok := want[k]; !ok || *v != w || got.get(k) != v {
					t.Fatalf("%d is %d, want %d", k, *v, w)
				}
				seen++
			}
			if seen != len(want) || got.get(3*few) != nil {
				t.Fatalf("%d entries were seen, want %d", seen, len(want))
			}
		}
	}
}
