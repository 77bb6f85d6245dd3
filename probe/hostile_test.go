package probe

import (
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

// packetServer answers each datagram as a test likes.
func packetServer(t *testing.T, answer func(conn *net.UDPConn, b []byte, from netip.AddrPort)) string {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: loopback.AsSlice()})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 1<<16)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			answer(conn, buf[:n], from)
		}
	}()
	t.Cleanup(func() { conn.Close(); <-done })
	return "turn:" + conn.LocalAddr().String()
}

// streamServer treats each connection as a test likes.
func streamServer(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { defer c.Close(); serve(c) }()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return "turn:" + l.Addr().String() + "?transport=tcp"
}

// until passes what clients say to a server and back, and falls silent once one has signed a request of a method.
func until(t *testing.T, server netip.AddrPort, method stun.Method) string {
	t.Helper()
	upstream := make(map[netip.AddrPort]net.Conn)
	silent := false
	url := packetServer(t, func(conn *net.UDPConn, b []byte, from netip.AddrPort) {
		m := &stun.Message{Raw: append([]byte(nil), b...)}
		if m.Decode() == nil && m.Type.Method == method && m.Contains(stun.AttrMessageIntegrity) {
			silent = true
		}
		if silent {
			return
		}
		c := upstream[from]
		if c == nil {
			var err error
			if c, err = net.Dial("udp", server.String()); err != nil {
				return
			}
			upstream[from] = c
			go func() {
				buf := make([]byte, 2000)
				for {
					n, err := c.Read(buf)
					if err != nil {
						return
					}
					_, _ = conn.WriteToUDPAddrPort(buf[:n], from)
				}
			}()
		}
		_, _ = c.Write(b)
	})
	t.Cleanup(func() {
		for _, c := range upstream {
			c.Close()
		}
	})
	return url
}

// answerTo is a success response to a request, with some attributes.
func answerTo(b []byte, attrs ...stun.Setter) []byte {
	m := &stun.Message{Raw: append([]byte(nil), b...)}
	if m.Decode() != nil {
		return nil
	}
	r := newMessage(stun.ClassSuccessResponse, m.Type.Method, attrs...)
	r.TransactionID = m.TransactionID
	r.WriteHeader()
	return r.Raw
}

func TestServersThatMisbehaveGetALineInTime(t *testing.T) {
	var wait sync.WaitGroup // most of it is waiting, so they run all at once
	defer wait.Wait()
	for name, c := range map[string]struct {
		url   func(t *testing.T) string
		cause Cause
	}{
		"silence over UDP": {func(t *testing.T) string { return packetServer(t, func(*net.UDPConn, []byte, netip.AddrPort) {}) }, ServerDown},
		"silence over TCP": {func(t *testing.T) string {
			return streamServer(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
		}, ServerDown},
		"closes at once": {func(t *testing.T) string { return streamServer(t, func(net.Conn) {}) }, Garbage},
		"silence in a TLS handshake": {func(t *testing.T) string {
			return secured(streamServer(t, func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }))
		}, ServerDown},
		"closes in a TLS handshake": {func(t *testing.T) string {
			return secured(streamServer(t, func(c net.Conn) { _, _ = c.Read(make([]byte, 10)) }))
		}, Stopped},
		"no TLS at all": {func(t *testing.T) string {
			return secured(streamServer(t, func(c net.Conn) { _, _ = io.WriteString(c, "SSH-2.0-OpenSSH_9.2\r\n\r\n\r\n") }))
		}, Garbage},
		"silence in a DTLS handshake": {func(t *testing.T) string {
			return strings.Replace(packetServer(t, func(*net.UDPConn, []byte, netip.AddrPort) {}), "turn:", "turns:", 1) + "?transport=udp"
		}, ServerDown},
		"garbage over UDP": {func(t *testing.T) string {
			return packetServer(t, func(c *net.UDPConn, b []byte, from netip.AddrPort) {
				_, _ = c.WriteToUDPAddrPort([]byte("\x00garbage\xff"), from)
			})
		}, Garbage},
		"garbage over TCP": {func(t *testing.T) string {
			return streamServer(t, func(c net.Conn) {
				_, _ = io.WriteString(c, "220 mail.example.org ESMTP\r\n")
				_, _ = io.Copy(io.Discard, c)
			})
		}, Garbage},
		"a web server": {func(t *testing.T) string {
			return streamServer(t, func(c net.Conn) {
				_, _ = c.Read(make([]byte, 100))
				_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
			})
		}, Garbage},
		"a mirror": {func(t *testing.T) string {
			return packetServer(t, func(c *net.UDPConn, b []byte, from netip.AddrPort) { _, _ = c.WriteToUDPAddrPort(b, from) })
		}, ServerDown},
		"success without an address": {func(t *testing.T) string {
			return packetServer(t, func(c *net.UDPConn, b []byte, from netip.AddrPort) { _, _ = c.WriteToUDPAddrPort(answerTo(b), from) })
		}, Garbage},
		"an address of a wrong length": {func(t *testing.T) string {
			return packetServer(t, func(c *net.UDPConn, b []byte, from netip.AddrPort) {
				_, _ = c.WriteToUDPAddrPort(answerTo(b, attr(stun.AttrXORMappedAddress, 0, 1, 2, 3, 4)), from)
			})
		}, Garbage},
		"a flood over UDP": {func(t *testing.T) string {
			return packetServer(t, func(c *net.UDPConn, b []byte, from netip.AddrPort) {
				for range 2000 {
					_, _ = c.WriteToUDPAddrPort(append(channelData(0x4000, b, false), b...), from)
				}
			})
		}, ServerDown},
		"a flood over TCP": {func(t *testing.T) string {
			return streamServer(t, func(c net.Conn) {
				frame := channelData(0x4000, make([]byte, 60000), true)
				for end := time.Now().Add(8 * time.Second); time.Now().Before(end); {
					if _, err := c.Write(frame); err != nil {
						return
					}
					time.Sleep(time.Millisecond)
				}
			})
		}, ServerDown},
		"a frame that never ends": {func(t *testing.T) string {
			return streamServer(t, func(c net.Conn) {
				header := binary.BigEndian.AppendUint32([]byte{1, 1, 0xFF, 0xFC}, 0x2112A442)
				_, _ = c.Write(header)
				_, _ = io.Copy(io.Discard, c)
			})
		}, ServerDown},
		"stops after the challenge": {func(t *testing.T) string { return until(t, newTurnpike(t), stun.MethodAllocate) }, Stopped},
		"stops after Allocate":      {func(t *testing.T) string { return until(t, newTurnpike(t), stun.MethodCreatePermission) }, Stopped},
		"stops at the end":          {func(t *testing.T) string { return until(t, newTurnpike(t), stun.MethodRefresh) }, Stopped},
	} {
		url := c.url(t)
		wait.Go(func() {
			r := run(t, Options{URLs: []string{url}, Secret: secret})
			if r.Verdict.Cause != c.cause {
				t.Errorf("%s: %s, want %s: %v", name, r.Verdict.Cause, c.cause, r.Servers[0].Steps)
			}
		})
	}
}

func secured(url string) string { return strings.Replace(url, "turn:", "turns:", 1) }

func TestNothingRunsAfterARun(t *testing.T) {
	at := newTurnpike(t)
	run(t, Options{URLs: []string{at.String(), "turns:" + at.String() + "?transport=udp", "turns:" + at.String(), "stun:no-such-name.invalid"}, Secret: secret, Security: true})
	ours := func() string {
		buf := make([]byte, 1<<18)
		for _, stack := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			if strings.Contains(stack, "turnpike/probe.(") || strings.Contains(stack, "pion/dtls") {
				return stack
			}
		}
		return ""
	}
	for end := time.Now().Add(3 * time.Second); ours() != ""; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(ours())
		}
	}
}

func FuzzFrames(f *testing.F) {
	f.Add(request(stun.MethodBinding).Raw)
	f.Add(channelData(0x4000, []byte("hello"), true))
	f.Add(answerTo(request(stun.MethodAllocate).Raw, attr(stun.AttrErrorCode, 0, 0, 4, 1, 'n', 'o'), attr(stun.AttrNonce, 'n'), attr(stun.AttrXORRelayedAddress, 0, 1, 2, 3, 4, 5, 6, 7)))
	f.Fuzz(func(t *testing.T, b []byte) {
		if n, err := cut(b); err != nil && n != 0 || n < 0 {
			t.Fatal(n, err)
		}
		got, err := parseFrame(b)
		if err != nil || got.message == nil {
			return
		}
		m := got.message
		_, _, _, _ = errorCode(m), reason(m), seconds(m), mappedAddress(m)
		_, _ = address(m, stun.AttrXORRelayedAddress, true), address(m, stun.AttrOtherAddress, false)
		if s := text(m, stun.AttrSoftware); strings.ContainsAny(s, "\x1b\n\r\x00") || len([]rune(s)) > 101 {
			t.Fatalf("%q", s)
		}
		_ = granted(m, nil)
	})
}

func FuzzICEAnswer(f *testing.F) {
	f.Add([]byte(`{"iceServers":[{"urls":"turn:a","username":"1700000000:x","credential":"y"}],"ttl":600,"expires_at":1}`))
	f.Add([]byte(`{"username":"1700000000","password":"y","ttl":600,"uris":["turn:a","stun:b"]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := parseICE(b)
		if err != nil {
			return
		}
		list, err := a.targets(time.Unix(1.7e9, 0))
		for _, one := range list {
			if err != nil || one.host == "" || one.port == 0 {
				t.Fatalf("%+v, %v", one, err)
			}
		}
	})
}
