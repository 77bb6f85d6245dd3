package turn

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	"github.com/pion/stun/v3"
)

// byteSource makes the choices of an actor from fuzzed bytes; a counter keeps them from repeating for ever, which would hang rand.Rand.
type byteSource struct {
	data []byte
	n    uint64
}

func (s *byteSource) Uint64() uint64 {
	var b [8]byte
	used := copy(b[:], s.data[:min(len(s.data), 2)])
	s.data = s.data[used:]
	s.n++
	return (binary.LittleEndian.Uint64(b[:]) + s.n<<16) * 0x9E3779B97F4A7C15
}

func FuzzSequenceOfMessages(f *testing.F) {
	for seed := range uint64(8) {
		b := make([]byte, 600)
		r := rand.NewChaCha8([32]byte{byte(seed)})
		_, _ = r.Read(b)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		src := &byteSource{data: data[:min(len(data), 4000)]}
		a := newActor(t, rand.New(src))
		for len(src.data) > 0 {
			a.step()
		}
		a.finish()
	})
}

// FuzzPacket sends one packet of any bytes to a core that has an allocation with everything.
func FuzzPacket(f *testing.F) {
	w := newWorld(f, nil)
	c := w.client(alice, "alice")
	c.allocate()
	c.bind(0x4000, peer)
	for _, m := range []*stun.Message{c.build(stun.MethodRefresh), c.build(stun.MethodAllocate, udpTransport, family(IPv6), lifetime(7)),
		c.build(stun.MethodCreatePermission, peerAddress(peer), peerAddress(peer6)), c.build(stun.MethodChannelBind, channelNumber(0x4001), peerAddress(peer)),
		c.build(stun.MethodBinding)} {
		f.Add(m.Raw, false)
		f.Add(m.Raw, true)
	}
	f.Add(AppendChannelData(nil, 0x4000, []byte("data"), false), false)
	f.Fuzz(func(t *testing.T, data []byte, stream bool) {
		w := newWorld(t, nil)
		c := w.client(alice, "alice")
		if stream {
			c.tuple.Transport, c.tuple.Conn = TCP, 1
		}
		c.allocate()
		c.bind(0x4000, peer)
		w.toPeer = nil
		for _, answer := range w.send(c.tuple, data) {
			var m stun.Message
			if answer[0]>>6 == 0 && stun.Decode(answer, &m) != nil {
				t.Fatalf("the answer does not parse: % x", answer)
			}
		}
		for _, s := range w.toPeer {
			if s.to != peer {
				t.Fatalf("relayed to %v, which nobody permitted", s.to)
			}
		}
		w.outlive()
		w.checkEmpty()
	})
}

func FuzzFrameSize(f *testing.F) {
	for _, s := range []string{"", "0001", "00010008", "000100082112a442", "4000fffc", "4000ffff", "16030100", "80000000"} {
		f.Add(unhex(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		size, err := FrameSize(b)
		if err != nil && size != 0 || size < 0 || size > MaxFrame || size%4 != 0 {
			t.Fatalf("size %d, %v", size, err)
		}
		if err == nil && size == 0 && len(b) >= 4 {
			t.Fatal("four bytes tell the length, but it is not told")
		}
		if len(b) > 8 {
			if longer, err2 := FrameSize(append(bytes.Clone(b), 1, 2, 3)); longer != size || (err == nil) != (err2 == nil) {
				t.Fatal("what follows a frame changes its length")
			}
		}
	})
}

func FuzzUsername(f *testing.F) {
	for _, s := range []string{"1800000000:alice", "1800000000:@alice:example.org", "1800000000:", "1800000000", ":", "", "-1:x", "9999999999999:x", "0x10:x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		user, expires, ok := parseUsername(s)
		if !ok {
			return
		}
		if len(user) >= len(s) || expires.Unix() < 0 || s[0] < '0' || s[0] > '9' {
			t.Fatalf("%q became %q, %v", s, user, expires)
		}
	})
}
