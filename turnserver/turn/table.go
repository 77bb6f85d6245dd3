package turn

import (
	"iter"
	"maps"
)

// few is how many entries are looked through one by one, which is faster than a map and takes a fraction of its memory. Most allocations never have more.
const few = 8

// A table is a map. While an entry is looked at that entry may be deleted, and no other.
type table[K comparable, V any] struct {
	list []entry[K, V]
	many map[K]*V // in place of the list
}

type entry[K comparable, V any] struct {
	key   K
	value *V
}

func (t *table[K, V]) find(key K) int {
	for i := range t.list {
		if t.list[i].key == key {
			return i
		}
	}
	return -1
}

// get returns nil where there is nothing.
func (t *table[K, V]) get(key K) *V {
	if t.many != nil {
		return t.many[key]
	}
	if i := t.find(key); i >= 0 {
		return t.list[i].value
	}
	return nil
}

func (t *table[K, V]) set(key K, value *V) {
	switch i := t.find(key); {
	case t.many != nil:
		t.many[key] = value
	case i >= 0:
		t.list[i].value = value
	case len(t.list) < few:
		t.list = append(t.list, entry[K, V]{key, value})
	default:
		t.many = make(map[K]*V, 2*few)
		for _, e := range t.list {
			t.many[e.key] = e.value
		}
		t.many[key] = value
		t.list = nil
	}
}

func (t *table[K, V]) delete(key K) {
	delete(t.many, key)
	if i := t.find(key); i >= 0 {
		last := len(t.list) - 1
		t.list[i] = t.list[last]
		t.list[last] = entry[K, V]{}
		t.list = t.list[:last]
	}
}

func (t *table[K, V]) len() int { return len(t.list) + len(t.many) }

func (t *table[K, V]) all() iter.Seq2[K, *V] {
	if t.many != nil {
		return maps.All(t.many)
	}
	return func(yield func(K, *V) bool) {
		for i := len(t.list) - 1; i >= 0; i-- {
			if !yield(t.list[i].key, t.list[i].value) {
				return
			}
		}
	}
}
