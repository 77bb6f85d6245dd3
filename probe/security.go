package probe

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pion/stun/v3"
)

// A Finding is one thing that a safe relay does, and whether this one does.
type Finding struct {
	ID     string   `json:"id"`
	Safe   Safety   `json:"result"`
	Text   string   `json:"text"`
	Detail []string `json:"detail,omitempty"`
}

// Safety is what was found of it.
type Safety string

const (
	Safe     Safety = "safe"
	Danger   Safety = "unsafe"
	NotKnown Safety = "not tried"
)

// dangerous are peers that no relay on the Internet should reach, in every way to write them.
var dangerous = []struct {
	id, text string
	ipv6     bool // needs an IPv6 allocation
	peers    []string
}{
	{"loopback", "loopback of the relay's host", false, []string{"127.0.0.1", "127.0.0.2", "0.0.0.0"}},
	{"metadata", "the cloud's metadata service", false, []string{"169.254.169.254", "100.100.100.200", "168.63.129.16"}},
	{"private", "private networks", false, []string{"10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1"}},
	{"link-local", "link-local addresses", false, []string{"169.254.0.1"}},
	{"multicast", "multicast and broadcast", false, []string{"224.0.0.1", "239.255.255.250", "255.255.255.255"}},
	{"mapped", "such addresses written as IPv4-mapped IPv6", false, []string{"::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1"}},
	{"ipv6", "loopback, link-local and local IPv6 addresses", true, []string{"::1", "::", "fe80::1", "fd00:ec2::254", "fc00::1", "fec0::1", "ff02::1"}},
	{"embedded", "IPv6 addresses that carry such an IPv4 address", true, []string{"::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::", "::127.0.0.1", "::ffff:0:7f00:1"}},
}

// maxAmplification is how many bytes a stranger may be answered for each that was sent in somebody else's name.
const maxAmplification = 3

// secure looks whether the relay could be misused. Nothing is relayed to any of these addresses: a permission is asked for, and no more.
func (v *visit) secure(ctx context.Context, c *client) {
	if _, taken := v.secured.LoadOrStore(v.facts.Host, true); taken {
		return
	}
	_ = v.step(ctx, "security", func(ctx context.Context) (string, error) {
		if !c.relayed.IsValid() {
			v.server.Security = []Finding{v.anonymous(), v.amplifies(ctx)}
			return "without credentials no more can be tried", nil
		}
		six, err := v.sixth(ctx)
		if err == nil {
			defer six.close()
		}
		for _, g := range dangerous {
			f := Finding{ID: g.id, Safe: NotKnown, Text: g.text}
			switch {
			case g.ipv6 && err != nil:
				f.Detail = []string{"no IPv6 relay to try it with"}
			case g.ipv6:
				f = v.refuses(ctx, six, f, g.peers)
			default:
				f = v.refuses(ctx, c, f, g.peers)
			}
			v.server.Security = append(v.server.Security, f)
		}
		v.server.Security = append(v.server.Security, v.ownPort(ctx, c), v.anonymous(), v.amplifies(ctx), v.letsInTheExpired(ctx))
		return fmt.Sprintf("%d of %d safe", count(v.server.Security, Safe), len(v.server.Security)), nil
	})
	v.server.Security = slices.DeleteFunc(v.server.Security, func(f Finding) bool { return f.ID == "" })
}

func count(list []Finding, s Safety) (n int) {
	for _, f := range list {
		if f.Safe == s {
			n++
		}
	}
	return n
}

// sixth is a client with an IPv6 relay.
func (v *visit) sixth(ctx context.Context) (*client, error) {
	c, err := v.another(ctx)
	if err != nil {
		return nil, err
	}
	m, err := c.ask(ctx, request(stun.MethodAllocate, requestedTransport(), requestedFamily(familyIPv6)))
	if err == nil && c.learn(m) {
		err = c.allocate(ctx, requestedFamily(familyIPv6))
	}
	if err == nil && !c.relayed.Addr().Is6() {
		err = errNotSTUN
	}
	if err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// refuses asks for a permission for each peer, a few at a time.
func (v *visit) refuses(ctx context.Context, c *client, f Finding, peers []string) Finding {
	var (
		mu      sync.Mutex
		wait    sync.WaitGroup
		allowed []string
		asked   int
	)
	for _, text := range peers {
		peer := netip.MustParseAddr(text)
		if v.isOurs(c, peer) {
			continue // that it is let in may be somebody's intention
		}
		wait.Go(func() {
			m, err := c.call(ctx, stun.MethodCreatePermission, peerAddress(netip.AddrPortFrom(peer, 9)))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				asked++
			}
			if granted(m, err) == nil {
				allowed = append(allowed, text)
			}
		})
	}
	wait.Wait()
	slices.Sort(allowed)
	switch {
	case len(allowed) > 0:
		f.Safe, f.Detail = Danger, []string{"permission given for " + strings.Join(allowed, ", ")}
	case asked > 0:
		f.Safe, f.Detail = Safe, []string{"refused"}
	default:
		f.Detail = []string{"no answer"}
	}
	return f
}

func (v *visit) isOurs(c *client, a netip.Addr) bool {
	a = a.Unmap()
	return a == localAddress(c.conn).Addr() || a == v.facts.At.Addr() || a == c.relayed.Addr()
}

// ownPort sends one Binding request through the relay to the relay's own port.
func (v *visit) ownPort(ctx context.Context, c *client) Finding {
	f := Finding{ID: "own-port", Safe: Safe, Text: "the relay's own port"}
	if v.facts.At.Addr().IsLoopback() || c.relayed.Addr().Is4() != v.facts.At.Addr().Is4() {
		f.Safe, f.Detail = NotKnown, []string{"it cannot be told from here"}
		return f
	}
	peer := v.facts.At
	if granted(c.call(ctx, stun.MethodCreatePermission, peerAddress(peer))) != nil {
		f.Detail = []string{"refused"}
		return f
	}
	back := make(chan struct{}, 1)
	c.listenToData(func(from netip.AddrPort, b []byte) {
		if from == peer && len(b) >= headerSize {
			select {
			case back <- struct{}{}:
			default:
			}
		}
	})
	defer c.listenToData(nil)
	c.send(newMessage(stun.ClassIndication, stun.MethodSend, peerAddress(peer), attr(stun.AttrData, request(stun.MethodBinding).Raw...)).Raw)
	select {
	case <-back:
		f.Safe, f.Detail = Danger, []string{"it answers itself at " + peer.String()}
	case <-time.After(500*time.Millisecond + 2*v.facts.BindingRTT):
		f.Detail = []string{"no answer through the relay"}
	case <-ctx.Done():
	}
	return f
}

func (v *visit) anonymous() Finding {
	f := Finding{ID: "anonymous", Safe: Safe, Text: "without credentials", Detail: []string{"nothing is given"}}
	if v.facts.Anonymous {
		f.Safe, f.Detail = Danger, []string{"an Allocate without credentials was granted"}
	}
	return f
}

// amplifies compares what a stranger sends over UDP with what comes back.
func (v *visit) amplifies(ctx context.Context) Finding {
	f := Finding{ID: "amplification", Safe: NotKnown, Text: "answers to strangers, by what they send"}
	for _, m := range []*stun.Message{request(stun.MethodBinding), request(stun.MethodAllocate, requestedTransport())} {
		conn, err := net.Dial("udp", v.facts.At.String())
		if err != nil {
			return f
		}
		c := newClient(conn, false, credentials{})
		answer, err := c.ask(ctx, m)
		if err == nil && answer.Type.Class == stun.ClassSuccessResponse {
			c.relayed = address(answer, stun.AttrXORRelayedAddress, true) // so that it is given up
		}
		c.close()
		if err != nil {
			continue
		}
		factor := float64(len(answer.Raw)) / float64(len(m.Raw))
		f.Detail = append(f.Detail, fmt.Sprintf("%s: %.1f times", m.Type.Method, factor))
		if f.Safe == NotKnown {
			f.Safe = Safe
		}
		if factor > maxAmplification {
			f.Safe = Danger
		}
	}
	return f
}

// letsInTheExpired needs the secret: nobody else can sign what has expired.
func (v *visit) letsInTheExpired(ctx context.Context) Finding {
	f := Finding{ID: "expired", Safe: NotKnown, Text: "credentials that have expired"}
	if v.Secret == "" {
		return Finding{}
	}
	c, err := v.another(ctx)
	if err != nil {
		return f
	}
	defer c.close()
	c.user = signed(v.Secret, v.User, time.Now().Add(-time.Hour))
	m, err := c.ask(ctx, request(stun.MethodAllocate, requestedTransport()))
	if err != nil || !c.learn(m) {
		return f
	}
	switch err := c.allocate(ctx); {
	case err == nil:
		f.Safe, f.Detail = Danger, []string{"those of an hour ago are let in"}
	case outcome(err) == Denied:
		f.Safe, f.Detail = Safe, []string{"refused"}
	}
	return f
}
