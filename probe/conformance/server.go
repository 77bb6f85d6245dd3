package conformance

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/pion/stun/v3"
)

// transport is how a client reaches the server.
type transport string

const (
	udp        transport = "UDP"
	tcp        transport = "TCP"
	tlsOverTCP transport = "TLS"
)

func (t transport) stream() bool { return t != udp }

// server is what is tested, and what is known of it. Its methods may be called by every worker.
type server struct {
	ctx  context.Context
	end  context.CancelCauseFunc
	o    Options
	uri  *stun.URI
	at   netip.AddrPort
	via  transport
	user credentials
	rtt  time.Duration // of the first Binding

	streams  once[transport] // the stream transport of this port, or ""
	traits   once[traits]
	relaying once[Verdict]
	own      once[Verdict]
}

// once is a value that is found out when it is first needed.
type once[T any] struct {
	sync.Once
	value T
}

func (o *once[T]) get(find func() T) T {
	o.Do(func() { o.value = find() })
	return o.value
}

// credentials are those of the long-term mechanism.
type credentials struct{ username, password string }

func signed(secret, user string, now time.Time) credentials {
	name := strconv.FormatInt(now.Add(time.Hour).Unix(), 10) + ":" + user
	h := hmac.New(sha1.New, []byte(secret))
	h.Write([]byte(name))
	return credentials{name, base64.StdEncoding.EncodeToString(h.Sum(nil))}
}

func newServer(o Options) (*server, error) {
	uri, err := stun.ParseURI(o.URL)
	if err != nil {
		return nil, fmt.Errorf("%q: %w; a TURN URL is turn:host[:port][?transport=udp|tcp], or turns:…", o.URL, err)
	}
	srv := &server{o: o, uri: uri, via: udp, user: credentials{o.Username, o.Password}}
	switch {
	case uri.Scheme == stun.SchemeTypeTURNS && uri.Proto == stun.ProtoTypeTCP:
		srv.via = tlsOverTCP
	case uri.Scheme == stun.SchemeTypeTURNS:
		return nil, fmt.Errorf("%q: TURN over DTLS is not tested; use ?transport=tcp", o.URL)
	case uri.Scheme != stun.SchemeTypeTURN:
		return nil, fmt.Errorf("%q: not a turn: or turns: URL", o.URL)
	case uri.Proto == stun.ProtoTypeTCP:
		srv.via = tcp
	}
	switch {
	case o.Secret != "" && o.Password != "":
		return nil, errors.New("either a password or a secret, not both")
	case o.Secret != "":
		if srv.o.Username == "" {
			srv.o.Username = "conformance"
		}
		srv.user = signed(o.Secret, srv.o.Username, time.Now())
	case o.Username == "" || o.Password == "":
		return nil, errors.New("TURN needs a user and a password, or the secret that signs them")
	}
	return srv, nil
}

// meet resolves the name and looks whether anybody is there.
func (srv *server) meet() error {
	ctx, cancel := context.WithTimeout(srv.ctx, 5*time.Second)
	defer cancel()
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", srv.uri.Host)
	if err != nil {
		return fmt.Errorf("no address of %s: %w", srv.uri.Host, err)
	}
	srv.at = netip.AddrPortFrom(ips[0].Unmap(), uint16(srv.uri.Port))
	var reason error
	for range 2 {
		began := time.Now()
		if reason = srv.ping(); reason == nil {
			srv.rtt = time.Since(began)
			return nil
		}
	}
	return reason
}

// ping tells whether the server answers anything at all: a Binding, or an Allocate of somebody unknown.
func (srv *server) ping() error {
	c, err := srv.dial(srv.via)
	if err != nil {
		return err
	}
	defer c.close()
	for _, m := range []*stun.Message{request(stun.MethodBinding), request(stun.MethodAllocate, requestedTransport(protocolUDP))} {
		if r := c.roundTrip(m, 2*time.Second); r != nil {
			return nil
		}
	}
	return fmt.Errorf("no answer from %s over %s", srv.at, srv.via)
}

// alive asks a server that has just been silent whether it still is.
func (srv *server) alive() bool {
	return srv.ctx.Err() != nil || srv.ping() == nil || srv.ping() == nil
}

// dead returns why the run was ended before its time, if it was.
func (srv *server) dead() error {
	if srv.ctx.Err() == nil {
		return nil
	}
	return context.Cause(srv.ctx)
}

// silence is how long nothing must come before it counts as nothing.
func (srv *server) silence() time.Duration { return 250*time.Millisecond + 3*srv.rtt }

// stream returns the stream transport of the server's port: its own, or plain TCP beside UDP if there is any.
func (srv *server) stream() transport {
	return srv.streams.get(func() transport {
		if srv.via.stream() {
			return srv.via
		}
		c, err := srv.dial(tcp)
		if err != nil {
			return ""
		}
		defer c.close()
		if c.roundTrip(request(stun.MethodBinding), 2*time.Second) == nil {
			return ""
		}
		return tcp
	})
}
