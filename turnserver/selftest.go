package turnserver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// selfTestTime bounds one self-test.
const selfTestTime = 5 * time.Second

// A SelfTestResult tells how a packet fared that was relayed through one of our own listeners.
type SelfTestResult struct {
	URL    string            // the listener, as in Addrs
	Relays [2]netip.AddrPort // the relayed addresses, as far as it came
	RTT    time.Duration     // from one to the other and back
	Err    error
}

// SelfTest makes two allocations over each transport and port, as any client would, and sends a packet from one to the other and back. It takes
// milliseconds, and where something is wrong as long as ctx lets it, 5 s at most. It may be called beside live calls, again and again: it has two relay
// ports for each listener meanwhile, and no quota counts it. A Plan tests the server that runs elsewhere, and is counted there like any user.
func (s *Server) SelfTest(ctx context.Context) ([]SelfTestResult, error) {
	trials, err := s.trials()
	if err != nil {
		return nil, fmt.Errorf("self-test: %w", err)
	}
	return s.try(ctx, trials), nil
}

// SampleRelays is a SelfTest of the first listener alone, by so many pairs of clients at once: it tries twice as many relay ports, drawn at random.
func (s *Server) SampleRelays(ctx context.Context, pairs int) ([]SelfTestResult, error) {
	trials, err := s.trials()
	if err != nil {
		return nil, fmt.Errorf("sample of relay ports: %w", err)
	}
	return s.try(ctx, slices.Repeat(trials[:1], pairs)), nil
}

// A trial is a listener to be tried.
type trial struct {
	network string
	at      netip.AddrPort
}

// trials has one for each transport and port: at the address that we relay on, or the first.
func (s *Server) trials() (list []trial, err error) {
	if st := s.settings.Load(); !st.signs && len(st.credentials.Users) == 0 {
		return nil, errors.New("there is neither a secret nor a user to do it with")
	}
	for _, network := range networks {
		addrs := slices.DeleteFunc(s.listeners.addrs(network), func(a netip.AddrPort) bool { return s.forDiscovery(network, a) })
		for len(addrs) > 0 {
			port := addrs[0].Port()
			others := func(a netip.AddrPort) bool { return a.Port() != port }
			same := func(a netip.AddrPort) bool { return a.Port() == port }
			list = append(list, trial{network, s.testable(slices.DeleteFunc(slices.Clone(addrs), others))})
			addrs = slices.DeleteFunc(addrs, same)
		}
	}
	if len(list) == 0 {
		return nil, errors.New("nothing is listened on")
	}
	return list, nil
}

func (s *Server) testable(addrs []netip.AddrPort) netip.AddrPort {
	for _, p := range s.relays {
		for _, at := range addrs {
			if at.Addr() == p.address.Local {
				return at
			}
			if at.Addr().IsUnspecified() {
				return netip.AddrPortFrom(p.address.Local, at.Port())
			}
		}
	}
	return addrs[0]
}

// try tries all at once, so that one that does not answer takes no time from the others.
func (s *Server) try(ctx context.Context, trials []trial) []SelfTestResult {
	ctx, cancel := context.WithTimeout(ctx, selfTestTime)
	defer cancel()
	results := make([]SelfTestResult, len(trials))
	var wg sync.WaitGroup
	for i, t := range trials {
		wg.Go(func() {
			r := &results[i]
			r.URL = t.network + "://" + t.at.String()
			r.Err = s.relayToSelf(ctx, t, r)
			if r.Err != nil && ctx.Err() != nil {
				r.Err = fmt.Errorf("no answer in time: %w", r.Err)
			}
		})
	}
	wg.Wait()
	return results
}

func (s *Server) relayToSelf(ctx context.Context, t trial, r *SelfTestResult) error {
	username, password := s.selfTestCredentials()
	var relays [2]net.PacketConn
	for i := range relays {
		client, conn, err := s.testClient(ctx, t.network, t.at, username, password)
		if err != nil {
			return err
		}
		defer conn.Close()
		defer client.Close()
		// The client waits for no context, but gives up where nothing can be sent any more.
		defer context.AfterFunc(ctx, func() { conn.Close() })()
		if relays[i], err = client.Allocate(); err != nil {
			return fmt.Errorf("allocate: %w", err)
		}
		defer relays[i].Close()
		r.Relays[i] = canonicalPort(relays[i].LocalAddr().(*net.UDPAddr).AddrPort())
	}
	var start time.Time
	// The first round makes the permissions; the second is the one that is timed.
	for range 2 {
		start = time.Now()
		if err := passOn(ctx, relays[0], relays[1]); err != nil {
			return err
		}
		if err := passOn(ctx, relays[1], relays[0]); err != nil {
			return err
		}
	}
	r.RTT = time.Since(start)
	return nil
}

// passOn sends a packet from one relayed address to the other.
func passOn(ctx context.Context, from, to net.PacketConn) error {
	// A permission for the sender must stand before its packet comes, so the receiver says something first.
	if _, err := to.WriteTo([]byte("open"), from.LocalAddr()); err != nil {
		return fmt.Errorf("permission: %w", err)
	}
	if _, err := from.WriteTo([]byte("turnpike"), to.LocalAddr()); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	deadline, _ := ctx.Deadline()
	_ = to.SetReadDeadline(deadline)
	buf := make([]byte, 64)
	for {
		n, _, err := to.ReadFrom(buf)
		if err != nil {
			return fmt.Errorf("nothing came back through the relay: %w", err)
		}
		if string(buf[:n]) == "turnpike" {
			return nil
		}
	}
}

// selfTestCredentials are those of a user whom nobody else can be; where nothing signs, those of some user.
func (s *Server) selfTestCredentials() (username, password string) {
	if st := s.settings.Load(); !st.signs {
		users := st.credentials.Users
		name := slices.Min(slices.Collect(maps.Keys(users)))
		return name, users[name]
	}
	username, password, _ = s.Credentials(s.selfTester, time.Now())
	return username, password
}
