package turnserver

import (
	"context"
	"net"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

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
