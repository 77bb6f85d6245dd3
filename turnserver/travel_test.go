package turnserver

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

const attrMobilityTicket stun.AttrType = 0x8030

// A client that moves from port to port lands on every shard in time.
func TestAllocationFollowsItsClientToAnyShard(t *testing.T) {
	peer := echo(t).(*net.UDPAddr)
	s := newTestServer(t, func(c *Config) {
		c.Shards, c.Mobility = 4, true
		c.Peers.Allow = []string{"127.0.0.1"}
	})
	c := newRawClient(t, s)
	empty := stun.RawAttribute{Type: attrMobilityTicket}
	res := c.request(stun.MethodAllocate, requestedUDP, empty)
	c.request(stun.MethodCreatePermission, peerAttr(peer))
	for i := range 12 {
		ticket, err := res.Get(attrMobilityTicket)
		if err != nil {
			t.Fatalf("move %d: no ticket", i)
		}
		ticket = append([]byte(nil), ticket...)
		moved := newRawClient(t, s)
		moved.username, moved.password = c.username, c.password
		res = moved.request(stun.MethodRefresh, stun.RawAttribute{Type: attrMobilityTicket, Value: ticket})
		want := fmt.Sprint("packet ", i)
		moved.send(stun.NewType(stun.MethodSend, stun.ClassIndication), peerAttr(peer), stun.RawAttribute{Type: stun.AttrData, Value: []byte(want)})
		m := moved.receive()
		if got, _ := m.Get(stun.AttrData); string(got) != want {
			t.Fatalf("move %d: got %s %q, want %q", i, m, got, want)
		}
	}
	if n := s.Stats().Allocations; n != 1 {
		t.Errorf("%d allocations", n)
	}
}

func TestTurnutilsUclientThatMoves(t *testing.T) {
	uclient, err := exec.LookPath("turnutils_uclient")
	if err != nil {
		t.Skip("turnutils_uclient is not installed (Debian: coturn)")
	}
	s := newTestServer(t, func(c *Config) { c.Mobility = true })
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	args := []string{"-M", "-y", "-c", "-u", "alice", "-W", testSecret, "-p", s.port(t, "udp"), "127.0.0.1"}
	out, err := exec.CommandContext(ctx, uclient, args...).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Total lost packets 0 (0.000000%)") {
		t.Errorf("%v: %v\n%s", args, err, tail(string(out), 30))
	}
}
