package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"turnpike/config"
)

// certificateInterval is how often the files are looked at.
const certificateInterval = 30 * time.Second

// A certificate is what every secure listener shows, whatever a client names. Its
// files may change: the new one is shown from the next handshake on, and the old
// one stays as long as they do not fit each other. Serve's reloader and one
// goroutine (watch) look at them.
type certificate struct {
	files   config.TLS
	log     *slog.Logger
	current atomic.Pointer[tls.Certificate]

	mu      sync.Mutex // guards the following, and who takes over
	trouble string     // of the last look
	told    string     // what was logged
}

// openCertificate returns nil where none is configured.
func openCertificate(files config.TLS, log *slog.Logger) (*certificate, error) {
	if files.Cert == "" {
		return nil, nil
	}
	pair, err := files.Pair()
	if err != nil {
		return nil, err
	}
	c := &certificate{files: files, log: log}
	c.current.Store(&pair)
	return c, nil
}

// config is nil where there is no certificate.
func (c *certificate) config() *tls.Config {
	if c == nil {
		return nil
	}
	return &tls.Config{
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current.Load(), nil },
		MinVersion:     tls.VersionTLS12,
		NextProtos:     []string{"h2", "http/1.1"}, // WebSocket rides on http/1.1
	}
}

// leaf is nil where there is no certificate.
func (c *certificate) leaf() *x509.Certificate {
	if c == nil {
		return nil
	}
	return c.current.Load().Leaf
}

// name is the first one that is no pattern; empty where there is none.
func (c *certificate) name() string {
	if leaf := c.leaf(); leaf != nil {
		for _, name := range leaf.DNSNames {
			if !strings.HasPrefix(name, "*") {
				return name
			}
		}
	}
	return ""
}

// notAfter is when it ends; zero where there is none.
func (c *certificate) notAfter() time.Time {
	if leaf := c.leaf(); leaf != nil {
		return leaf.NotAfter
	}
	return time.Time{}
}

// watch ends with ctx.
func (c *certificate) watch(ctx context.Context) {
	if c == nil {
		return
	}
	tick := time.NewTicker(certificateInterval)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			c.look()
		}
	}
}

// look takes over what has changed. Trouble is told once, and only if it was there
// at the look before: one file is written after the other.
func (c *certificate) look() {
	if c == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	pair, err := c.files.Pair()
	if err != nil {
		if text := err.Error(); text == c.trouble && text != c.told {
			c.told = text
			c.log.Warn("certificate not taken over, the old one stays", "err", err)
		}
		c.trouble = err.Error()
		return
	}
	c.trouble, c.told = "", ""
	if slices.EqualFunc(pair.Certificate, c.current.Load().Certificate, bytes.Equal) {
		return
	}
	c.current.Store(&pair)
	c.log.Info("certificate taken over", "names", few(pair.Leaf.DNSNames), "until", pair.Leaf.NotAfter.Format(time.DateOnly))
}
