package main

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"

	"turnpike/config"
)

// An operator speaks to the daemon that runs, on its admin listener.
type operator struct {
	listener config.AdminListener
	base     string
	token    string
	noToken  error // why there is none
	client   *http.Client
}

// askTime bounds one request.
const askTime = 10 * time.Second

// newOperator finds the listener and the token of the daemon with that configuration.
func newOperator(file string) (*operator, error) {
	cfg, err := load(file)
	if err != nil {
		return nil, err
	}
	l := cfg.Admin.Listen
	if l.None() {
		return nil, errors.New("the daemon has no admin listener; set admin.listen")
	}
	o := &operator{listener: l}
	way := &http.Transport{DisableKeepAlives: true, DialContext: o.dial}
	if l.Scheme == "https" {
		if way.TLSClientConfig, err = onlyTo(cfg.TLS.Cert); err != nil {
			return nil, err
		}
	}
	o.client = &http.Client{Timeout: askTime, Transport: way}
	if l.Host == "" {
		l.Host = "localhost"
	}
	o.base = l.Scheme + "://" + l.HostPort()
	o.token, o.noToken = findToken(o.listener)
	return o, nil
}

// dial tries both addresses of localhost, by number: a host may lack the name.
func (o *operator) dial(ctx context.Context, _, at string) (conn net.Conn, err error) {
	host, port, err := net.SplitHostPort(at)
	if err != nil {
		return nil, err
	}
	hosts := []string{host}
	if host == "localhost" {
		hosts = []string{"127.0.0.1", "::1"}
	}
	var first error
	for _, host := range hosts {
		if conn, err = new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(host, port)); err == nil {
			return conn, nil
		}
		first = cmp.Or(first, err)
	}
	return nil, first
}

// onlyTo speaks to whoever has this very certificate: the daemon is on this host, but
// the certificate is for the name that others know it by.
func onlyTo(file string) (*tls.Config, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("tls.cert: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("tls.cert: %s holds no certificate", file)
	}
	return &tls.Config{
		InsecureSkipVerify: true, // for what follows
		VerifyPeerCertificate: func(shown [][]byte, _ [][]*x509.Certificate) error {
			if len(shown) == 0 || !bytes.Equal(shown[0], block.Bytes) {
				return fmt.Errorf("it shows another certificate than %s", file)
			}
			return nil
		},
	}, nil
}

// ask sends what is to be said, as JSON, and reads the answer into it.
func (o *operator) ask(ctx context.Context, method, path string, say, into any) error {
	var body io.Reader
	if say != nil {
		text, err := json.Marshal(say)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	changes := method != http.MethodGet
	if changes && o.noToken != nil {
		if err := o.alive(ctx); err != nil {
			return err
		}
		return o.noToken
	}
	request, err := http.NewRequestWithContext(ctx, method, o.base+path, body)
	if err != nil {
		return err
	}
	if o.token != "" {
		request.Header.Set("Authorization", "Bearer "+o.token)
	}
	response, err := o.client.Do(request)
	if err != nil {
		return o.explain(err)
	}
	defer response.Body.Close()
	switch {
	case response.StatusCode == http.StatusNotFound:
		return fmt.Errorf("%s: something answers there, but not a turnpike that knows this command", o.listener)
	case (response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusForbidden) && o.noToken != nil:
		return o.noToken
	case response.StatusCode == http.StatusUnauthorized:
		return fmt.Errorf("%s does not take the admin token that was found; is it another daemon than the one that wrote it?", o.listener)
	case response.StatusCode/100 != 2:
		text, _ := io.ReadAll(io.LimitReader(response.Body, 1000))
		return fmt.Errorf("%s: %s", o.listener, strings.TrimSpace(string(text)))
	}
	if err := json.NewDecoder(response.Body).Decode(into); err != nil {
		return fmt.Errorf("%s: an answer that makes no sense: %w", o.listener, err)
	}
	return nil
}

// alive says what is wrong if nobody answers.
func (o *operator) alive(ctx context.Context) error {
	_, at, _ := strings.Cut(o.base, "://")
	conn, err := o.dial(ctx, "tcp", at)
	if err != nil {
		return o.explain(err)
	}
	return conn.Close()
}

func (o *operator) explain(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Errorf("no daemon listens on %s. Start it, or name its configuration with -config", o.listener)
	}
	return fmt.Errorf("%s: %w", o.listener, err)
}
