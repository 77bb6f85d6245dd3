package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"turnpike/config"
)

// shelf holds a certificate that may be exchanged.
type shelf struct {
	*certificate
	dir string
	log bytes.Buffer
}

func newShelf(t *testing.T, name string) *shelf {
	t.Helper()
	s := &shelf{dir: t.TempDir()}
	s.put(t, name)
	var err error
	files := config.TLS{Cert: filepath.Join(s.dir, "x.pem"), Key: filepath.Join(s.dir, "x.key")}
	if s.certificate, err = openCertificate(files, slog.New(slog.NewTextHandler(&s.log, nil))); err != nil {
		t.Fatal(err)
	}
	return s
}

// put replaces both files.
func (s *shelf) put(t *testing.T, name string) {
	t.Helper()
	save(t, s.dir, "x", issue(t, nil, x509.Certificate{DNSNames: []string{name}}))
}

func TestRenewedCertificateIsShownToWhoComesNext(t *testing.T) {
	s := newShelf(t, "one.example.org")
	l, err := tls.Listen("tcp", "127.0.0.1:0", s.config())
	if err != nil {
		t.Fatal(err)
	}
	server := http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") })}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	defer func() { server.Close(); <-ended }()
	dial := func() *tls.Conn {
		conn, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		return conn
	}
	shown := func(c *tls.Conn) string { return c.ConnectionState().PeerCertificates[0].DNSNames[0] }

	before := dial()
	s.put(t, "two.example.org")
	s.look()
	after := dial()
	if shown(before) != "one.example.org" || shown(after) != "two.example.org" || s.name() != "two.example.org" {
		t.Errorf("shown are %s, then %s; the name is %s", shown(before), shown(after), s.name())
	}
	for _, conn := range []*tls.Conn{before, after} {
		_, _ = io.WriteString(conn, "GET / HTTP/1.0\r\n\r\n")
		if answer, err := io.ReadAll(conn); err != nil || !strings.HasSuffix(string(answer), "hello") {
			t.Errorf("a connection that is open: %q %v", answer, err)
		}
	}
}

func TestFilesThatDoNotFitLeaveTheOldCertificate(t *testing.T) {
	s := newShelf(t, "one.example.org")
	old, err := os.ReadFile(s.files.Key)
	if err != nil {
		t.Fatal(err)
	}
	s.put(t, "two.example.org")
	written, err := os.ReadFile(s.files.Key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.files.Key, old, 0o600); err != nil {
		t.Fatal(err)
	}
	s.look()
	if s.log.Len() > 0 || s.name() != "one.example.org" {
		t.Errorf("between one file and the other: %s, %s", s.name(), &s.log)
	}
	for range 3 {
		s.look()
	}
	if n := strings.Count(s.log.String(), "certificate not taken over"); n != 1 || !strings.Contains(s.log.String(), "does not match") {
		t.Errorf("told %d times: %s", n, &s.log)
	}
	if err := errors.Join(os.WriteFile(s.files.Key, written, 0o600), os.Chmod(s.files.Key, 0o644)); err != nil {
		t.Fatal(err)
	}
	s.look()
	s.look()
	if !strings.Contains(s.log.String(), "is open to every user") || s.name() != "one.example.org" {
		t.Errorf("a key that everybody can read: %s, %s", s.name(), &s.log)
	}
	if err := os.Chmod(s.files.Key, 0o600); err != nil {
		t.Fatal(err)
	}
	s.look()
	if s.name() != "two.example.org" || !strings.Contains(s.log.String(), "certificate taken over") {
		t.Errorf("once they fit: %s, %s", s.name(), &s.log)
	}
}

func TestFilesAreLookedAtEveryHalfMinute(t *testing.T) {
	s := newShelf(t, "one.example.org")
	s.put(t, "two.example.org")
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { s.watch(ctx); close(ended) }()
		time.Sleep(certificateInterval - time.Second)
		if s.name() != "one.example.org" {
			t.Error("taken over at once")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if s.name() != "two.example.org" {
			t.Error("not taken over")
		}
		cancel()
		<-ended
	})
}
