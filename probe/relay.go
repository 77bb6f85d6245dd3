package probe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

// channels are those that the two clients bind to each other; RFC 8656 allows no higher ones than 0x4FFF.
var channels = [2]uint16{0x4000, 0x4001}

// relay makes two allocations, and has them exchange packets.
func (v *visit) relay(ctx context.Context, first *client) {
	select { // a small quota must not be used up by our own haste
	case v.allocating <- struct{}{}:
		defer func() { <-v.allocating }()
	case <-ctx.Done():
		v.facts.Allocate = Broken
		return
	}
	err := v.step(ctx, "allocate", func(ctx context.Context) (string, error) {
		if first.relayed.IsValid() {
			return "there is one already", nil
		}
		return v.allocate(ctx, first)
	})
	v.facts.Allocate = outcome(err)
	errors.As(err, &v.facts.Error)
	switch {
	case err == nil:
	case codeOf(err) == int(stun.CodeUnauthorized) && v.Secret != "":
		v.compareClocks(ctx, first)
		return
	case outcome(err) != Denied:
		v.silentAfter("the challenge", err)
		return
	default:
		return
	}
	if v.Security {
		defer v.secure(ctx, first)
	}
	var second *client
	err = v.step(ctx, "second allocation", func(ctx context.Context) (string, error) {
		var err error
		if second, err = v.another(ctx); err != nil {
			return "", err
		}
		if m, err := second.ask(ctx, request(stun.MethodAllocate, requestedTransport())); err != nil {
			return "", err
		} else if m.Type.Class != stun.ClassSuccessResponse {
			second.learn(m)
		} else {
			second.relayed = address(m, stun.AttrXORRelayedAddress, true)
			return second.relayed.String(), nil
		}
		if err := second.allocate(ctx); err != nil {
			return "", err
		}
		return second.relayed.String(), nil
	})
	if second != nil {
		defer second.close()
	}
	if err != nil {
		v.note("Allocate", err)
		return
	}
	outside := make(chan struct{})
	go func() {
		defer close(outside)
		v.outside(ctx, first)
	}()
	defer func() { <-outside }()
	if v.join(ctx, first, second) {
		_ = v.step(ctx, "packets", func(ctx context.Context) (string, error) {
			v.facts.Traffic = exchange(ctx, [2]*client{first, second}, channels, v.Rate)
			v.server.Traffic = v.facts.Traffic
			t := v.facts.Traffic
			return fmt.Sprintf("%d of %d, %s ms", t.Received, t.Sent, ms(t.RTT.P50)), nil
		})
	}
	<-outside
	if v.facts.Outside != NotTried {
		v.server.Steps = append(v.server.Steps, Step{Name: "from outside", Result: v.facts.Outside, Text: "a packet straight to " + first.relayed.String()})
	}
	v.refresh(ctx, first)
}

// note keeps why a step after the first allocation failed.
func (v *visit) note(step string, err error) {
	if !errors.As(err, &v.facts.Error) {
		v.silentAfter(step, err)
	}
}

func (v *visit) silentAfter(step string, err error) {
	if outcome(err) == Broken {
		v.facts.Allocate = Broken
	} else {
		v.facts.Stopped = step
	}
}

func (c *client) allocate(ctx context.Context, attrs ...stun.Setter) error {
	m, err := c.call(ctx, stun.MethodAllocate, append([]stun.Setter{requestedTransport()}, attrs...)...)
	if err := granted(m, err); err != nil {
		return err
	}
	c.mapped, c.relayed = mappedAddress(m), address(m, stun.AttrXORRelayedAddress, true)
	if !c.relayed.IsValid() {
		return fmt.Errorf("%w: an allocation without a relayed address", errNotSTUN)
	}
	return nil
}

func (v *visit) allocate(ctx context.Context, c *client) (string, error) {
	m, err := c.call(ctx, stun.MethodAllocate, requestedTransport())
	if err := granted(m, err); err != nil {
		return "", err
	}
	v.noteAllocation(c, m)
	if !c.relayed.IsValid() {
		return "", fmt.Errorf("%w: an allocation without a relayed address", errNotSTUN)
	}
	return "relayed at " + c.relayed.String(), nil
}

func (v *visit) noteAllocation(c *client, m *stun.Message) {
	if a := mappedAddress(m); a.IsValid() {
		c.mapped = a
	}
	c.relayed = address(m, stun.AttrXORRelayedAddress, true)
	v.facts.Relayed, v.server.Relayed, v.server.Mapped = c.relayed, c.relayed, c.mapped
	v.server.Lifetime = seconds(m)
	if s := text(m, stun.AttrSoftware); s != "" {
		v.server.Software = s
	}
}

func seconds(m *stun.Message) int {
	b, err := m.Get(stun.AttrLifetime)
	if err != nil || len(b) != 4 {
		return 0
	}
	return int(b[0])<<24 | int(b[1])<<16 | int(b[2])<<8 | int(b[3])
}

// join gives each client a permission for the other, and a channel to it.
func (v *visit) join(ctx context.Context, first, second *client) bool {
	pair := [2]*client{first, second}
	for _, s := range []struct {
		name string
		do   func(context.Context, int) error
	}{
		{"permission", func(ctx context.Context, i int) error {
			return granted(pair[i].call(ctx, stun.MethodCreatePermission, peerAddress(pair[1-i].relayed)))
		}},
		{"channel", func(ctx context.Context, i int) error {
			return granted(pair[i].call(ctx, stun.MethodChannelBind, channelNumber(channels[i]), peerAddress(pair[1-i].relayed)))
		}},
	} {
		err := v.step(ctx, s.name, func(ctx context.Context) (string, error) {
			for i := range pair {
				if err := s.do(ctx, i); err != nil {
					return "", err
				}
			}
			return "", nil
		})
		if codeOf(err) == 403 {
			v.facts.Peer = second.relayed.Addr()
		}
		if err != nil {
			v.note(s.name, err)
			return false
		}
	}
	return true
}

// outside sends from a socket of our own straight to the relayed address, and back: the relay's ports are open, and its address is right.
func (v *visit) outside(ctx context.Context, c *client) {
	if c.relayed.Addr().Is4() != v.facts.At.Addr().Is4() && !routable(c.relayed.Addr()) {
		return
	}
	socket, err := net.Dial("udp", c.relayed.String())
	if err != nil {
		return
	}
	own := newClient(socket, false, credentials{})
	defer own.close()
	peer := c.mapped.Addr()
	if v.target.via != UDP || peer.Is4() != c.relayed.Addr().Is4() {
		if peer = v.seenByUDP(ctx, c.relayed.Addr()); !peer.IsValid() {
			return // no UDP from here, so nothing is learned
		}
	}
	if granted(c.call(ctx, stun.MethodCreatePermission, peerAddress(netip.AddrPortFrom(peer, 9)))) != nil {
		return // refused as a peer, as anybody in a private network
	}
	tag, arrived := randomBytes(16), make(chan struct{}, 1)
	c.listenToData(func(_ netip.AddrPort, b []byte) {
		if bytes.Equal(b, tag) {
			select {
			case arrived <- struct{}{}:
			default:
			}
		}
	})
	defer c.listenToData(nil)
	v.facts.Outside = Silent
	for range 6 {
		own.send(tag)
		select {
		case <-arrived:
			v.facts.Outside = OK
			return
		case <-time.After(250 * time.Millisecond):
		case <-ctx.Done():
			v.facts.Outside = NotTried
			return
		}
	}
}

// seenByUDP is the address from which the server, or another one that was named, sees our datagrams.
func (v *visit) seenByUDP(ctx context.Context, family netip.Addr) netip.Addr {
	conn, err := net.Dial("udp", v.facts.At.String())
	if err != nil || v.facts.At.Addr().Is4() != family.Is4() {
		return netip.Addr{}
	}
	c := newClient(conn, false, credentials{})
	defer c.close()
	m, err := c.ask(ctx, request(stun.MethodBinding))
	if err != nil {
		return netip.Addr{}
	}
	return mappedAddress(m).Addr()
}

func (v *visit) refresh(ctx context.Context, c *client) {
	err := v.step(ctx, "refresh", func(ctx context.Context) (string, error) {
		m, err := c.call(ctx, stun.MethodRefresh)
		if err := granted(m, err); err != nil {
			return "", err
		}
		return fmt.Sprintf("for %d s", seconds(m)), nil
	})
	if err != nil {
		v.note("refresh", err)
	}
}

// compareClocks finds out whether credentials are refused because the server's clock is ahead: those that expire later are let in then.
func (v *visit) compareClocks(ctx context.Context, c *client) {
	_ = v.step(ctx, "clock", func(ctx context.Context) (string, error) {
		now := time.Now()
		accepts := func(expires time.Time) bool {
			c.user = signed(v.Secret, v.User, expires)
			err := c.allocate(ctx)
			if err == nil {
				_ = granted(c.call(ctx, stun.MethodRefresh, lifetime(0)))
				c.relayed = netip.AddrPort{}
			}
			return err == nil
		}
		low, high := v.ttl(), 400*24*time.Hour
		if !accepts(now.Add(high)) {
			return "no expiry is accepted", refusal{401, ""}
		}
		for high-low > 2*time.Minute && ctx.Err() == nil {
			if middle := (low + high) / 2; accepts(now.Add(middle)) {
				high = middle
			} else {
				low = middle
			}
		}
		v.facts.Clock = (low + high) / 2
		return fmt.Sprintf("the server's is ahead by %s", span(v.facts.Clock)), nil
	})
}

// routable tells whether this host has a way to addresses of a family. Nothing is sent.
func routable(a netip.Addr) bool {
	conn, err := net.Dial("udp", netip.AddrPortFrom(a, 9).String())
	if err != nil {
		return false
	}
	conn.Close()
	return true
}
