package turnserver

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pion/turn/v4"
)

func TestPionClientReachesAPeerOverTLSAndDTLS(t *testing.T) {
	for _, network := range []string{"tls", "dtls"} {
		t.Run(network, func(t *testing.T) {
			ca, peer := newTestAuthority(t), echo(t)
			s := newTestServer(t, func(c *Config) { ca.datagrams(c); c.Peers.Allow = []string{"127.0.0.1"} })
			var conn net.PacketConn
			if network == "tls" {
				c, err := tls.Dial("tcp", s.at(t, "tls"), ca.client())
				if err != nil {
					t.Fatal(err)
				}
				conn = turn.NewSTUNConn(c)
			} else {
				conn = packetConn{dialDTLS(t, s, ca, "127.0.0.1:0"), net.UDPAddrFromAddrPort(netip.MustParseAddrPort(s.at(t, "dtls")))}
			}
			defer conn.Close()
			username, password, _ := s.Credentials("alice", time.Now())
			client, err := turn.NewClient(&turn.ClientConfig{TURNServerAddr: s.at(t, network), Conn: conn, Username: username, Password: password, LoggerFactory: quiet{}})
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			if err := client.Listen(); err != nil {
				t.Fatal(err)
			}
			relay, err := client.Allocate()
			if err != nil {
				t.Fatal(err)
			}
			_ = relay.SetDeadline(time.Now().Add(10 * time.Second))
			buf := make([]byte, 2000)
			for i := range 50 { // first by indications, then by the channel that the client binds
				want := strings.Repeat(fmt.Sprint("packet ", i), 1+i%100)
				if _, err := relay.WriteTo([]byte(want), peer); err != nil {
					t.Fatal(err)
				}
				n, from, err := relay.ReadFrom(buf)
				if err != nil {
					t.Fatal(err)
				}
				if string(buf[:n]) != want || from.String() != peer.String() {
					t.Fatalf("got %q from %v", buf[:n], from)
				}
				time.Sleep(time.Millisecond)
			}
			if got := s.Stats(); got.Allocations != 1 || got.Sent.Packets != 50 || got.Received.Packets != 50 {
				t.Errorf("counted: %+v", got)
			}
			relay.Close()
			client.Close()
			conn.Close()
			s.empty(t)
		})
	}
}

// coturn's own client, with the certificate checked. Over TLS it loses whatever shares a record with another frame.
func TestTurnutilsUclientOverTLSAndDTLS(t *testing.T) {
	uclient, err := exec.LookPath("turnutils_uclient")
	if err != nil {
		t.Skip("turnutils_uclient is not installed (Debian: coturn)")
	}
	ca, peer := newTestAuthority(t), echo(t)
	s := newSharedServer(t, func(c *Config) { ca.datagrams(c) })
	_, peerPort, _ := net.SplitHostPort(peer.String())
	for name, args := range map[string][]string{
		"tls to a peer":              {"-t", "-S", "-c", "-e", "127.0.0.1", "-r", peerPort, "-n", "20"},
		"tls client to client":       {"-t", "-S", "-y", "-c"},
		"tls with Send indications":  {"-t", "-S", "-c", "-s", "-e", "127.0.0.1", "-r", peerPort, "-n", "20"},
		"tls, several clients":       {"-t", "-S", "-c", "-e", "127.0.0.1", "-r", peerPort, "-n", "10", "-m", "5"},
		"dtls to a peer":             {"-S", "-c", "-e", "127.0.0.1", "-r", peerPort, "-n", "20"},
		"dtls client to client":      {"-S", "-y", "-c"},
		"dtls with Send indications": {"-S", "-y", "-c", "-s"},
		"dtls, several clients":      {"-S", "-y", "-c", "-m", "5"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			network := "dtls"
			if slices.Contains(args, "-t") {
				network = "tls"
			}
			args := append(args, "-E", ca.file, "-u", "alice", "-W", testSecret, "-p", s.port(t, network), "127.0.0.1")
			ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
			defer cancel()
			out, err := exec.CommandContext(ctx, uclient, args...).CombinedOutput()
			// It exits with 0 even if packets were lost.
			if err != nil || !strings.Contains(string(out), "Total lost packets 0 (0.000000%)") {
				t.Errorf("%v: %v\n%s", args, err, tail(string(out), 25))
			}
		})
	}
}
