package turnserver

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"turnpike/turnserver/turn"
)

func TestSessionsThatLiveAreListedWithWhatTheyHaveRelayed(t *testing.T) {
	s := newTestServer(t, nil)
	ada := allocate(t, s.client(t, "udp", "ada"))
	bob := allocate(t, s.client(t, "tcp", "bob"))
	for range 3 { // the first opens the permission on ada's side only
		if _, err := ada.WriteTo([]byte("hello"), bob.LocalAddr()); err != nil {
			t.Fatal(err)
		}
		if _, err := bob.WriteTo([]byte("hello"), ada.LocalAddr()); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := ada.ReadFrom(make([]byte, 100)); err != nil {
		t.Fatal(err)
	}
	list, total := s.Sessions("", 10)
	if len(list) != 2 || total != 2 || list[0].User != "ada" || list[1].User != "bob" {
		t.Fatalf("%d: %+v", total, list)
	}
	relay := ada.LocalAddr().(*net.UDPAddr).AddrPort()
	if got := list[0]; got.Relay != netip.AddrPortFrom(relay.Addr().Unmap(), relay.Port()) || got.Peers != 1 || got.Received.Bytes == 0 || got.Sent.Packets == 0 {
		t.Errorf("%+v", got)
	}
	if got := list[1].Client.Transport; got != turn.TCP {
		t.Errorf("bob came over %s", got)
	}
}

func TestNoMoreSessionsAreListedThanAskedForAndOnlyOfWhoIsMeant(t *testing.T) {
	s := newTestServer(t, nil)
	for _, user := range []string{"ada", "adam", "bob"} {
		allocate(t, s.client(t, "udp", user))
	}
	for _, c := range []struct {
		user        string
		limit       int
		list, total int
	}{{"", 10, 3, 3}, {"", 2, 2, 3}, {"ada", 10, 2, 2}, {"ada", 1, 1, 2}, {"bob", 0, 0, 1}, {"eve", 10, 0, 0}} {
		list, total := s.Sessions(c.user, c.limit)
		if len(list) != c.list || total != c.total {
			t.Errorf("%q, at most %d: %d of %d, want %d of %d", c.user, c.limit, len(list), total, c.list, c.total)
		}
	}
}

func TestTheSelfTestIsNoSessionOfAnybody(t *testing.T) {
	s := newTestServer(t, nil)
	user, password, _ := s.Credentials(s.selfTester, time.Now())
	allocate(t, s.clientWith(t, "udp", user, password))
	if list, total := s.Sessions("", 10); len(list) != 0 || total != 0 {
		t.Errorf("%d: %+v", total, list)
	}
}

func TestRevokingTellsHowManySessionsItEnded(t *testing.T) {
	s := newTestServer(t, nil)
	for range 2 {
		allocate(t, s.client(t, "udp", "ada"))
	}
	allocate(t, s.client(t, "udp", "bob"))
	if n := s.Revoke("ada"); n != 2 {
		t.Errorf("%d ended, want 2", n)
	}
	if _, total := s.Sessions("", 0); total != 1 {
		t.Errorf("%d are left, want bob's", total)
	}
}

func TestRefusalsAreCountedByWhyAndAChallengeIsNone(t *testing.T) {
	s := newTestServer(t, func(cfg *Config) { cfg.Limits.AllocationsPerUser = 1 })
	allocate(t, s.client(t, "udp", "ada"))
	if got := s.Refusals(); len(got) != 0 {
		t.Errorf("before anything was refused: %v", got)
	}
	if _, err := s.client(t, "udp", "ada").Allocate(); err == nil {
		t.Error("a second allocation is let in")
	}
	user, _, _ := s.Credentials("eve", time.Now())
	if _, err := s.clientWith(t, "udp", user, "guessed").Allocate(); err == nil {
		t.Error("a wrong password is let in")
	}
	got := s.Refusals()
	if got[turn.Refusal{Code: 486, Reason: turn.ReasonQuota}] != 1 || got[turn.Refusal{Code: 401, Reason: turn.ReasonWrongPassword}] == 0 || len(got) != 2 {
		t.Errorf("%v", got)
	}
}
