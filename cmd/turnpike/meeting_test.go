package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/pion/turn/v4"

	"turnpike/signal"
	"turnpike/turnserver"
)

// With turn.peers.mode signaled, a room is what opens the way between two people, and leaving it closes it again.
func TestSignaledPeersReachEachOtherWhileTheyShareARoom(t *testing.T) {
	relay, web := serving(t, `
turn:
  listen: ["udp://127.0.0.1:3478"]
  relay: {addresses: [127.0.0.1]}
  peers: {mode: signaled, allow: [127.0.0.32, 127.0.0.33]}
http: {auth: {mode: open}}
`)
	a := enter(t, web, "127.0.0.31")
	b := enter(t, web, "127.0.0.32")
	stranger := enter(t, web, "127.0.0.33")
	stranger.say(t, `{"type": "join", "id": "1", "room": "elsewhere"}`, "joined")
	client, relayed := allocate(t, relay, a.ice)
	peer := listenAt(t, "127.0.0.32")
	elsewhere := listenAt(t, "127.0.0.33")

	mayReach := func(when string, to *net.UDPConn, want bool) {
		t.Helper()
		err := client.CreatePermission(to.LocalAddr())
		if want && err != nil || !want && (err == nil || !strings.Contains(err.Error(), "403")) {
			t.Errorf("%s: permission for %s: %v", when, to.LocalAddr(), err)
		}
	}
	mayReach("before they meet", peer, false)
	a.say(t, `{"type": "join", "id": "1", "room": "r"}`, "joined")
	mayReach("alone in the room", peer, false)
	b.say(t, `{"type": "join", "id": "1", "room": "r"}`, "joined")
	mayReach("in one room", peer, true)
	mayReach("in one room", elsewhere, false)
	if !arrives(t, relayed, peer) {
		t.Error("in one room, nothing arrives")
	}

	// What was permitted meanwhile is not permitted any more.
	b.say(t, `{"type": "leave", "id": "2", "room": "r"}`, "left")
	mayReach("after one has left", peer, false)
	if arrives(t, relayed, peer) {
		t.Error("after one has left, what is sent still arrives")
	}
	b.say(t, `{"type": "join", "id": "3", "room": "r"}`, "joined")
	mayReach("in one room again", peer, true)
	b.conn.Close()
	for a.hear(t, "member-left").Reason != "gone" {
	}
	mayReach("after one is gone", peer, false)
}

// visitor is one signaling session.
type visitor struct {
	conn   *websocket.Conn
	ice    signal.ICE
	events []sighting // that were told and not looked at yet
}

type heard struct {
	Type, Reason  string
	ICE           signal.ICE
	User, Address string
	To            string
	Discovery     []string
	Events        []sighting
}

// enter opens a session from an address of this host.
func enter(t *testing.T, web *httptest.Server, from string) *visitor {
	t.Helper()
	dialer := websocket.Dialer{NetDial: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}).Dial}
	conn, _, err := dialer.Dial("ws"+strings.TrimPrefix(web.URL, "http")+"/v1/signal", http.Header{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	v := &visitor{conn: conn}
	v.ice = v.say(t, `{"type": "hello", "version": 1}`, "welcome").ICE
	return v
}

func (v *visitor) say(t *testing.T, frame, answer string) heard {
	t.Helper()
	if err := v.conn.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
		t.Fatal(err)
	}
	return v.hear(t, answer)
}

// hear reads on to a frame of that type.
func (v *visitor) hear(t *testing.T, kind string) heard {
	t.Helper()
	if err := v.conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	for {
		var frame heard
		if err := v.conn.ReadJSON(&frame); err != nil {
			t.Fatalf("waiting for %s: %v", kind, err)
		}
		if frame.Type == kind {
			return frame
		}
	}
}

func allocate(t *testing.T, relay *turnserver.Server, ice signal.ICE) (*turn.Client, net.PacketConn) {
	t.Helper()
	client := dial(t, relay, ice.ICEServers[0].Username, ice.ICEServers[0].Credential).client
	relayed, err := client.Allocate()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { relayed.Close() })
	return client, relayed
}

func listenAt(t *testing.T, host string) *net.UDPConn {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(host)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// arrives sends over and over for a while, until something comes.
func arrives(t *testing.T, relayed net.PacketConn, peer *net.UDPConn) bool {
	t.Helper()
	buf := make([]byte, 64)
	for range 10 {
		_, _ = relayed.WriteTo([]byte("hello"), peer.LocalAddr()) // fails where it is not permitted
		if err := peer.SetReadDeadline(time.Now().Add(30 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := peer.ReadFromUDP(buf); err == nil {
			return true
		}
	}
	return false
}
