package turn

import (
	"encoding/binary"
	"errors"
)

// ErrFraming means that a stream is not TURN, or that its framing is lost; nothing can be read from it any more.
var ErrFraming = errors.New("not a STUN or ChannelData frame")

// MaxFrame is the length of the longest frame on a stream.
const MaxFrame = headerSize + 1<<16

// FrameSize tells how long the frame is that b begins with, on a stream (RFC 8656 §12.5: ChannelData is padded there).
// It is 0 while b is too short to tell. Lengths are summed as int, so none can wrap.
func FrameSize(b []byte) (int, error) {
	if len(b) == 0 {
		return 0, nil
	}
	if b[0]>>6 > 1 {
		return 0, ErrFraming
	}
	if len(b) < 4 {
		return 0, nil
	}
	size := int(binary.BigEndian.Uint16(b[2:4]))
	if b[0]>>6 == 1 {
		return 4 + (size+3)&^3, nil
	}
	if size%4 != 0 || len(b) >= 8 && binary.BigEndian.Uint32(b[4:8]) != magicCookie {
		return 0, ErrFraming
	}
	return headerSize + size, nil
}

// AppendChannelData appends the header, the data and, on a stream, the padding (RFC 8656 §12.4).
func AppendChannelData(b []byte, channel uint16, data []byte, stream bool) []byte {
	b = binary.BigEndian.AppendUint16(b, channel)
	b = binary.BigEndian.AppendUint16(b, uint16(len(data)))
	b = append(b, data...)
	if stream {
		b = append(b, 0, 0, 0)[:len(b)+(4-len(data)%4)%4]
	}
	return b
}
