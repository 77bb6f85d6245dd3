package turnserver

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// The keys that coturn's client makes its tokens with.
var coturnKeys = map[string][]byte{
	"north":     []byte("01234567890123456789012345678901"),
	"union":     []byte("1234567890123456"),
	"oldempire": []byte("12345678901234567890123456789012"),
}

func TestTurnutilsUclientWithTokens(t *testing.T) {
	uclient, err := exec.LookPath("turnutils_uclient")
	if err != nil {
		t.Skip("turnutils_uclient is not installed (Debian: coturn)")
	}
	peer := echoTCP(t)
	for name, args := range map[string][]string{
		"udp client to client":  {"-y", "-c"},
		"tcp client to client":  {"-y", "-c", "-t"},
		"with extra requests":   {"-y", "-c", "-G"},
		"to a peer, over TCP":   {"-T", "-e", "127.0.0.1", "-r", fmt.Sprint(peer.Port)},
		"client to client, TCP": {"-T", "-y"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSharedServer(t, func(c *Config) {
				c.TCPRelays = true
				c.Credentials = CredentialConfig{TokenKeys: coturnKeys}
			})
			network := "udp"
			if strings.Contains(strings.Join(args, " ")+" ", "-t ") || args[0] == "-T" {
				network = "tcp"
			}
			args := append(args, "-J", "-p", s.port(t, network), "127.0.0.1")
			ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
			defer cancel()
			out, err := exec.CommandContext(ctx, uclient, args...).CombinedOutput()
			if err != nil || !strings.Contains(string(out), "Total lost packets 0 (0.000000%)") {
				t.Errorf("%v: %v\n%s", args, err, tail(string(out), 25))
			}
		})
	}
}

func TestTokenKeysOfAnotherLengthAreRefused(t *testing.T) {
	_, err := newSettings(Config{Realm: "turnpike", Credentials: CredentialConfig{TokenKeys: map[string][]byte{"north": make([]byte, 24)}}})
	if err == nil || !strings.Contains(err.Error(), "turn.credentials.tokens") || !strings.Contains(err.Error(), `"north"`) {
		t.Errorf("got %v", err)
	}
}
