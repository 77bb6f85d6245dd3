package turnserver

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestUsedUpPortsAreLoggedOnceAMinute(t *testing.T) {
	var log bytes.Buffer
	s := newTestServer(t, func(c *Config) {
		c.Relay.MinPort, c.Relay.MaxPort = 50401, 50401
		c.Shards = 1 // its lock guards the buffer
		c.Log = slog.New(slog.NewTextHandler(&log, nil))
	})
	allocate(t, s.client(t, "udp", "alice"))
	client := s.client(t, "udp", "bob")
	refused := func() string {
		t.Helper()
		if _, err := client.Allocate(); err == nil {
			t.Fatal("a second port of one")
		}
		s.shards[0].mu.Lock()
		defer s.shards[0].mu.Unlock()
		return log.String()
	}
	for range 10 {
		refused()
	}
	if got := refused(); strings.Count(got, "no relay port") != 1 {
		t.Errorf("logged:\n%s", got)
	}
	s.portless.mu.Lock()
	s.portless.last = time.Now().Add(-seldomTime)
	s.portless.mu.Unlock()
	if got := refused(); strings.Count(got, "no relay port") != 2 || !strings.Contains(got, "unsaid=10") {
		t.Errorf("logged:\n%s", got)
	}
}
