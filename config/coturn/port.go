package coturn

import (
	"fmt"
	"slices"
	"strconv"

	"turnpike/config"
)

// ports translates the relay's ports and the second one for tests of NATs. No port is
// below 1024, nor one that is listened on.
func (t *translator) ports() {
	low, lowLine := t.port("min-port", 49152)
	high, highLine := t.port("max-port", 65535)
	from := []line{lowLine, highLine}
	if low > high {
		for _, l := range from {
			if l.number > 0 {
				t.care(l, "the ports %d to %d are none; left out", low, high)
			}
		}
		low, high, from = 49152, 65535, nil
	}
	taken := []int{high + 1}
	for _, v := range t.of("turn.listen") {
		var l config.Listener
		if l.UnmarshalText([]byte(v.text)) == nil && (l.Scheme == "udp" || l.Scheme == "dtls") {
			taken = append(taken, l.Port)
		}
	}
	alternate, alternateLine := 3479, line{}
	if l, ok := t.once("alt-listening-port"); ok && l.value == "0" {
		t.note(l, "is the next port by default; stun.alternate_port is 3479")
	} else {
		alternate, alternateLine = t.port("alt-listening-port", 3479)
	}
	if alternateLine.number > 0 {
		taken = append(taken, alternate)
	}
	slices.Sort(taken)
	// The longest run between two of them.
	first, last, next := 1, 0, max(low, 1024)
	for _, p := range taken {
		if p > next && p-next > last-first+1 && p <= high+1 {
			first, last = next, p-1
		}
		next = max(next, p+1)
	}
	if first > last {
		first, last = 49152, 65535
	}
	if first != low || last != high {
		told := false
		for _, l := range from {
			if l.number > 0 {
				t.care(l, "the relay's ports are taken for %d-%d, since they may neither be below 1024 nor among the ports that are listened on", first, last)
				told = true
			}
		}
		if !told {
			t.care(line{}, "the relay's ports are %d-%d, apart from the port that is listened on", first, last)
		}
	}
	if lowLine.number > 0 || highLine.number > 0 || first != 49152 || last != 65535 {
		t.set("turn.relay.ports", fmt.Sprintf("%d-%d", first, last), from...)
	}
	t.alternate(alternate, alternateLine, first, last)
}

// alternate is the second port of stun.
func (t *translator) alternate(port int, from line, first, last int) {
	off, isOff := t.once("no-rfc5780")
	if l, ok := t.once("rfc5780"); ok {
		t.note(l, "is on; stun.alternate_address takes the second address")
	}
	if isOff && off.on() {
		if from.number > 0 {
			t.note(from, "line %d switches it off", off.number)
		}
		t.set("stun.alternate_port", "0", off)
		return
	}
	if isOff {
		t.note(off, "is off")
	}
	if from.number > 0 {
		t.set("stun.alternate_port", strconv.Itoa(port), from)
		return
	}
	for _, v := range t.of("turn.listen") {
		var l config.Listener
		if l.UnmarshalText([]byte(v.text)) == nil && l.Port == port {
			t.set("stun.alternate_port", "0")
		}
	}
	if first <= port && port <= last {
		t.set("stun.alternate_port", "0")
	}
}
