package turnserver

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

func dialTCP(t *testing.T, s *Server) *net.TCPConn {
	t.Helper()
	for _, a := range s.Addrs() {
		if at, ok := strings.CutPrefix(a, "tcp://"); ok {
			c, err := net.Dial("tcp", at)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			_ = c.SetDeadline(time.Now().Add(10 * time.Second))
			return c.(*net.TCPConn)
		}
	}
	t.Fatal("no tcp listener")
	return nil
}

func bindingRequest() *stun.Message { return stun.MustBuild(stun.TransactionID, stun.BindingRequest) }

func readMessage(t *testing.T, r io.Reader) *stun.Message {
	t.Helper()
	head := make([]byte, 20)
	if _, err := io.ReadFull(r, head); err != nil {
		t.Fatal(err)
	}
	rest := make([]byte, int(head[2])<<8|int(head[3]))
	if _, err := io.ReadFull(r, rest); err != nil {
		t.Fatal(err)
	}
	m := new(stun.Message)
	if err := stun.Decode(append(head, rest...), m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestFramesInPiecesAndSeveralAtOnceAreRead(t *testing.T) {
	c := dialTCP(t, newTestServer(t, nil))
	first := bindingRequest()
	for _, b := range first.Raw {
		if _, err := c.Write([]byte{b}); err != nil {
			t.Fatal(err)
		}
	}
	if got := readMessage(t, c); got.TransactionID != first.TransactionID {
		t.Error("answered something else")
	}
	second, third := bindingRequest(), bindingRequest()
	if _, err := c.Write(append(bytes.Clone(second.Raw), third.Raw...)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []*stun.Message{second, third} {
		if got := readMessage(t, c); got.TransactionID != want.TransactionID {
			t.Error("answers out of order")
		}
	}
}

func TestStreamWhoseFramingIsLostIsClosed(t *testing.T) {
	for name, data := range map[string][]byte{
		"binary":                        bytes.Repeat([]byte{0xFF}, 64),
		"TLS":                           {0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3},
		"HTTP":                          []byte("GET / HTTP/1.1\r\nHost: turnpike\r\n\r\n"),
		"length not a multiple of 4":    {0, 1, 0, 3, 0x21, 0x12, 0xa4, 0x42, 0, 0},
		"ChannelData that would wrap":   {0x40, 0, 0xff, 0xfc, 0, 0, 0, 0, 0, 0, 0, 0},
		"huge STUN message":             {0, 1, 0xff, 0xfc, 0x21, 0x12, 0xa4, 0x42, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
		"a cookie that is not a cookie": {0, 1, 0, 8, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			c := dialTCP(t, newTestServer(t, nil))
			if _, err := c.Write(data); err != nil {
				t.Fatal(err)
			}
			_ = c.SetDeadline(time.Now().Add(2 * time.Second))
			if n, err := c.Read(make([]byte, 1)); n != 0 || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("the stream is still open: %d %v", n, err)
			}
		})
	}
}

func TestStreamWithoutAllocationIsClosedInTime(t *testing.T) {
	shorten(t, &unauthenticatedTime, 200*time.Millisecond)
	c := dialTCP(t, newTestServer(t, nil))
	if _, err := c.Write([]byte{0, 1, 0}); err != nil { // the start of a frame, and then nothing
		t.Fatal(err)
	}
	start := time.Now()
	if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the stream is still open: %v", err)
	}
	if d := time.Since(start); d < 100*time.Millisecond {
		t.Errorf("closed after %v, before its time", d)
	}
}

func TestFloodOfIdleStreamsLeavesRoomForOthers(t *testing.T) {
	s := newTestServer(t, nil)
	var refused int
	for range maxUnauthenticatedPerNetwork + 20 {
		c := dialTCP(t, s)
		_ = c.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			refused++
		}
	}
	if refused != 20 {
		t.Errorf("%d of 20 too many were refused", refused)
	}
	if !s.admission.enter(testOtherAddress) {
		t.Error("another network is refused too")
	}
}
