package conformance

import (
	"crypto/rand"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pion/stun/v3"

	"turnpike/turnserver/turn"
)

// hurried is how much faster the clock of a hurried server goes.
const hurried = 60

// newHurried starts a server for which a minute is a second: the protocol core of ours with a socket for clients. Its relays have addresses,
// but no sockets, since they are each other's only peers.
func newHurried(t *testing.T) netip.AddrPort {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: loopback.AsSlice()})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	now := func() time.Time { return began.Add(time.Since(began) * hurried) }
	relay := netip.MustParseAddr("192.0.2.1")
	cfg := turn.Config{
		Realm:       "example.org",
		Credentials: turn.NewCredentials(turn.Credentials{Realm: "example.org", Users: map[string]string{"alice": usersPassword}}),
		Policy:      turn.NewPolicy(turn.PolicyConfig{}),
		Registry:    turn.NewRegistry(turn.Limits{}, []netip.Addr{relay}, now()),
		Rand:        rand.Reader,
		IPv4:        true,
	}
	core, port := turn.New(cfg), uint16(50000)
	at := canonical(conn.LocalAddr().(*net.UDPAddr).AddrPort())
	var mu sync.Mutex // guards the core
	var do func([]turn.Effect)
	do = func(effects []turn.Effect) {
		for _, e := range effects {
			switch e.Op {
			case turn.SendClient:
				_, _ = conn.WriteToUDPAddrPort(e.Data, e.Client.Client)
			case turn.SendChannel:
				_, _ = conn.WriteToUDPAddrPort(turn.AppendChannelData(nil, e.Channel, e.Data, false), e.Client.Client)
			case turn.OpenRelay:
				public := e.Peer
				if !public.IsValid() {
					port += 2
					public = netip.AddrPortFrom(relay, port)
				}
				do(core.Opened(now(), e.Relay, public))
				return // what was opened is the only effect of an Allocate
			}
		}
	}
	var running sync.WaitGroup
	stop := make(chan struct{})
	running.Go(func() {
		buf := make([]byte, 1<<16)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(buf)
			if err != nil {
				return
			}
			mu.Lock()
			do(core.Packet(now(), turn.FiveTuple{Client: canonical(from), Server: at}, buf[:n]))
			mu.Unlock()
		}
	})
	running.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Second / hurried):
				mu.Lock()
				do(core.Tick(now()))
				mu.Unlock()
			}
		}
	})
	t.Cleanup(func() {
		close(stop)
		conn.Close()
		running.Wait()
	})
	return at
}

// What takes minutes passes where time is right, and fails where it is not: what has to last, where the server's clock goes twice as fast as
// the suite's; what has to end, where it goes slower.
func TestWhatHasToBeWaitedFor(t *testing.T) {
	t.Parallel()
	server := newHurried(t)
	steady := newTurnpike(t, host(), nil)
	waits := func(at netip.AddrPort, id string, rate int) Verdict {
		o := Options{URL: turnURL(at, "udp"), Slow: true, only: id, rate: rate, Username: "alice", Password: usersPassword}
		return run(t, o).Results[0].Verdict
	}
	var waited []clause
	for _, c := range clauses() {
		if c.slow && !(testing.Short() && c.ID == "tcp-unbound") {
			waited = append(waited, c)
		}
	}
	atOnce(waited, func(c clause) (string, func(*testing.T)) {
		right, wrong := server, server
		rate, other := hurried, hurried/2
		switch {
		case c.ID == "tcp-unbound": // TCP relays are the edge's, so this takes its 40 seconds
			right, wrong, rate, other = steady, steady, 1, hurried
		case c.ID == "nonce-expires":
			wrong = newProxy(t, steady, refuse(stun.MethodRefresh, 438)).at
		case strings.HasSuffix(c.ID, "-ends"):
			wrong, other = steady, hurried
		}
		good, bad := waits(right, c.ID, rate), waits(wrong, c.ID, other)
		return c.ID, func(t *testing.T) {
			if good.Outcome != Pass {
				t.Errorf("%s: %s %s", c.Text, good.Outcome, good.Why)
			}
			if bad.Outcome != Fail {
				t.Errorf("%s: %s %s, though the clock was wrong", c.Text, bad.Outcome, bad.Why)
			}
		}
	})(t)
}

// atOnce runs something for many clauses at once, more than the processors that tests run on in parallel: they wait, mostly.
func atOnce(list []clause, do func(clause) (string, func(*testing.T))) func(*testing.T) {
	type report struct {
		name string
		tell func(*testing.T)
	}
	reports := make([]report, len(list))
	slots := make(chan struct{}, 24)
	var wait sync.WaitGroup
	for i, c := range list {
		wait.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			reports[i].name, reports[i].tell = do(c)
		})
	}
	wait.Wait()
	return func(t *testing.T) {
		for _, r := range reports {
			t.Run(r.name, r.tell)
		}
	}
}
