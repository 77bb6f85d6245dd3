package turnserver

import (
	"net"
	"testing"
	"time"

	"github.com/pion/turn/v4"
)

// client is pion's client over one of the server's networks, until the test ends.
func (s *Server) client(t *testing.T, network, user string) *turn.Client {
	t.Helper()
	username, password, _ := s.Credentials(user, time.Now())
	return s.clientWith(t, network, username, password)
}

func (s *Server) clientWith(t *testing.T, network, username, password string) *turn.Client {
	t.Helper()
	client, conn, err := s.testClient(t.Context(), network, s.listeners.addrs(network)[0], username, password)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.Close()
		conn.Close()
	})
	return client
}

// allocate lets the client have a relayed address until the test ends.
func allocate(t *testing.T, client *turn.Client) net.PacketConn {
	t.Helper()
	relay, err := client.Allocate()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { relay.Close() })
	_ = relay.SetDeadline(time.Now().Add(10 * time.Second))
	return relay
}
