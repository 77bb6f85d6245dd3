package probe

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"turnpike/signal"
	"turnpike/turnserver"
)

// newMeeting is signaling on loopback that hands out a relay.
func newMeeting(t *testing.T, relay netip.AddrPort) string {
	t.Helper()
	s, err := signal.New(signal.Config{Open: true, ICE: func(user string, now time.Time) signal.ICE {
		c := signed(secret, user, now.Add(time.Hour))
		return signal.ICE{TTL: 3600, ExpiresAt: now.Add(time.Hour).Unix(), ICEServers: []signal.ICEServer{
			{URLs: []string{turnURL(relay, "udp"), turnURL(relay, "tcp")}, Username: c.username, Credential: c.password}}}
	}})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s)
	t.Cleanup(func() { s.Close(); web.Close() })
	return web.URL
}

func turnURL(at netip.AddrPort, network string) string {
	return fmt.Sprintf("turn:%s?transport=%s", at, network)
}

func TestTwoTerminalsSeeHowTheyReachEachOther(t *testing.T) {
	t.Parallel()
	at := newTurnpike(t, func(c *turnserver.Config) { c.Peers.Allow = []string{"0.0.0.0/0", "127.0.0.1"} })
	where := newMeeting(t, at)
	reports := make(chan *PeerReport, 2)
	for range 2 {
		go func() {
			r, err := RunPeer(context.Background(), PeerOptions{Room: "tea", Server: where})
			if err != nil {
				t.Error(err)
			}
			reports <- r
		}()
	}
	one, two := <-reports, <-reports
	for _, r := range []*PeerReport{one, two} {
		if !r.Good() || len(r.Ways) != len(ways) {
			t.Fatalf("%+v", r)
		}
		for _, w := range r.Ways {
			switch w.Name {
			case "relay-udp", "relay-tcp", "all":
				if !w.Here.Connected || !w.There.Connected || w.Here.Loss > 4 || w.Here.RTT.P50 <= 0 || w.Here.Local == "" {
					t.Errorf("%+v", w)
				}
			case "relay-tls":
				if w.Here.Connected || w.Here.Offered != 0 {
					t.Errorf("%+v", w)
				}
			}
			if strings.HasPrefix(w.Name, "relay") && w.Here.Connected && !strings.HasPrefix(w.Here.Local, "relay/"+strings.TrimPrefix(w.Name, "relay-")) {
				t.Errorf("%s goes by %s", w.Name, w.Here.Local)
			}
		}
		if all := r.Ways[len(r.Ways)-1]; all.Here.Throughput <= 0 || all.Here.Throughput > bulkLimit {
			t.Errorf("%+v", all)
		}
	}
	if one.Ways[2].Here.RTT != two.Ways[2].There.RTT || one.Ways[5].Here.Throughput != two.Ways[5].There.Throughput {
		t.Errorf("one side is not told what the other saw: %+v, %+v", one.Ways[2], two.Ways[2])
	}
}

func TestTheOtherSideMayNotComeOrNotBeLetIn(t *testing.T) {
	t.Parallel()
	where := newMeeting(t, newTurnpike(t))
	ctx, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	alone := make(chan *PeerReport, 1)
	waiting, stop := context.WithCancelCause(context.Background())
	go func() {
		r, _ := RunPeer(waiting, PeerOptions{Room: "tea", Server: where})
		alone <- r
	}()
	<-ctx.Done()
	stop(errors.New("interrupt signal received"))
	if r := <-alone; !r.Interrupted || r.Good() || r.Verdict.Cause != Interrupted {
		t.Errorf("%+v", r)
	}
	r, err := RunPeer(context.Background(), PeerOptions{Room: "tea", Server: "http://127.0.0.1:1"})
	if err != nil || r.Verdict.Cause != ServerDown {
		t.Errorf("%+v, %v", r, err)
	}
}

// What the other side says is not to be believed, nor to be printed as it is.
func TestTheOtherSideMaySayWhatItLikes(t *testing.T) {
	t.Parallel()
	at := newTurnpike(t)
	where := newMeeting(t, at)
	u, err := signalURL(where)
	if err != nil {
		t.Fatal(err)
	}
	for _, says := range []string{`{"probe":"offers"}`, `{"probe":"offers","offers":{"all":{"ufrag":"x","pwd":"\u001b","candidates":["nonsense","candidate:1 1 udp 1 x.local 1 typ host"]}}}`} {
		hostile, err := dialSignaling(t.Context(), u, "")
		if err != nil {
			t.Fatal(err)
		}
		hostile.say(map[string]any{"type": "join", "id": "1", "room": "tea"})
		if _, err := hostile.await(t.Context(), func(f signalFrame) bool { return f.Type == "joined" }); err != nil {
			t.Fatal(err)
		}
		done := make(chan *PeerReport, 1)
		go func() {
			r, _ := RunPeer(t.Context(), PeerOptions{Room: "tea", Server: where})
			done <- r
		}()
		f, err := hostile.await(t.Context(), func(f signalFrame) bool { return f.Type == "member-joined" })
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{says, `{"probe":"results","results":{"all":{"local":"\u001b[2J","loss_percent":1e300,"rtt_ms":{"p50":-1}}}}`} {
			hostile.say(map[string]any{"type": "description", "to": f.Member.Session, "description": json.RawMessage(text)})
		}
		r := <-done
		var b strings.Builder
		if err := r.WriteTable(&b, func(_ Mark, word string) string { return word }); err != nil {
			t.Error(err)
		}
		if r.Good() || strings.Contains(b.String(), "\x1b") || r.Verdict.Sentence == "" {
			t.Errorf("%+v\n%s", r.Verdict, &b)
		}
		hostile.close()
	}
}
