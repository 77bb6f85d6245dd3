package load

import (
	"bytes"
	"encoding/binary"
)

// A payload begins with a stamp: the run, the flow, the direction, the number of the packet, and the time. What follows is the pattern.
const stampSize = 24

const maxPayload = 1472

var pattern = func() (p [maxPayload]byte) {
	for i := range p {
		p[i] = byte(i*7 + i>>8)
	}
	return p
}()

type stamp struct {
	run, flow, number uint32
	direction         uint32
	at                int64
}

// put writes the stamp; the pattern stands there already.
func (s *stamp) put(payload []byte) {
	le := binary.LittleEndian
	_ = payload[stampSize-1]
	le.PutUint32(payload, s.run)
	le.PutUint32(payload[4:], s.flow)
	le.PutUint32(payload[8:], s.number)
	le.PutUint32(payload[12:], s.direction)
	le.PutUint64(payload[16:], uint64(s.at))
}

// readStamp fails if any byte after the stamp is not what was sent.
func readStamp(payload []byte, size int) (s stamp, ok bool) {
	if len(payload) != size || !bytes.Equal(payload[stampSize:], pattern[stampSize:size]) {
		return s, false
	}
	le := binary.LittleEndian
	return stamp{le.Uint32(payload), le.Uint32(payload[4:]), le.Uint32(payload[8:]), le.Uint32(payload[12:]), int64(le.Uint64(payload[16:]))}, true
}
