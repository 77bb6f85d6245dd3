package probe

import (
	"context"
	"errors"
	"fmt"

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
		v.compareClocks(ctx)
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
