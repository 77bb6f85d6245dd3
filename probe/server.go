package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/pion/stun/v3"
)

// A Server is what was found of one URL, in one address family.
type Server struct {
	URL         string         `json:"url"`
	Transport   Transport      `json:"transport"`
	Verdict     Verdict        `json:"verdict"`
	Address     netip.AddrPort `json:"address,omitzero"`
	Resolved    []netip.Addr   `json:"resolved,omitempty"`
	Mapped      netip.AddrPort `json:"mapped,omitzero"`  // where the server saw us
	Relayed     netip.AddrPort `json:"relayed,omitzero"` // where others reach us
	Lifetime    int            `json:"lifetime,omitempty"`
	Realm       string         `json:"realm,omitempty"`
	Software    string         `json:"software,omitempty"`
	Certificate *Certificate   `json:"certificate,omitempty"`
	Traffic     *Traffic       `json:"traffic,omitempty"`
	Steps       []Step         `json:"steps"`
	Security    []Finding      `json:"security,omitempty"`
	RelaySaw    string         `json:"relay_saw,omitempty"` // of a turnpike that was asked to tell
	facts       Facts
}

// A Step is one thing that was tried.
type Step struct {
	Name   string  `json:"step"`
	Result Outcome `json:"result"`
	MS     float64 `json:"ms"`
	Text   string  `json:"text,omitempty"`
}

// visit is the run of one server.
type visit struct {
	*prober
	target target
	server *Server
	facts  *Facts
}

// step runs one step within its limit, and notes how it went.
func (v *visit) step(ctx context.Context, name string, do func(context.Context) (string, error)) error {
	v.tell(fmt.Sprintf("%s: %s", v.target.url, name))
	ctx, cancel := context.WithTimeoutCause(ctx, stepLimit, errSilent)
	defer cancel()
	began := time.Now()
	text, err := do(ctx)
	if err != nil && text == "" {
		text = printable(err.Error())
	}
	v.server.Steps = append(v.server.Steps, Step{name, outcome(err), millis(time.Since(began)), text})
	return err
}

// at makes the visit of one address.
func (v *visit) at(ctx context.Context, at netip.AddrPort) {
	v.facts.At = at
	first, err := v.dial(ctx)
	if err != nil {
		return
	}
	defer first.close()
	if !v.greet(ctx, first) {
		v.crossCheck(ctx)
		return
	}
	if v.target.relay && v.facts.Allocate == NotTried && (v.facts.Credentials || v.facts.Anonymous) {
		v.relay(ctx, first)
	} else if v.Security && v.target.relay {
		v.secure(ctx, first)
	}
}

// dial opens the first 5-tuple.
func (v *visit) dial(ctx context.Context) (*client, error) {
	var c *client
	err := v.step(ctx, "connect", func(ctx context.Context) (string, error) {
		conn, certificate, err := connect(ctx, v.target.via, v.facts.At, v.target.host)
		v.server.Certificate = certificate
		if err != nil {
			return "", err
		}
		c = newClient(conn, v.target.via.stream(), v.target.user)
		return v.facts.At.String(), nil
	})
	v.facts.Connect = outcome(err)
	_ = errors.As(err, &v.facts.Bad)
	return c, err
}

// another opens one more 5-tuple to a server that has let us in.
func (v *visit) another(ctx context.Context) (*client, error) {
	conn, _, err := connect(ctx, v.target.via, v.facts.At, v.target.host)
	if err != nil {
		return nil, err
	}
	return newClient(conn, v.target.via.stream(), v.target.user), nil
}

// greet asks who is there: by Binding, and where TURN is wanted by an Allocate without credentials.
func (v *visit) greet(ctx context.Context, c *client) bool {
	err := v.step(ctx, "binding", func(ctx context.Context) (string, error) {
		began := time.Now()
		m, err := c.ask(ctx, request(stun.MethodBinding))
		if err != nil {
			return "", err
		}
		v.facts.BindingRTT = time.Since(began)
		if err := granted(m, nil); err != nil {
			return "", err
		}
		c.mapped = mappedAddress(m)
		v.server.Mapped, v.server.Software = c.mapped, text(m, stun.AttrSoftware)
		if !c.mapped.IsValid() {
			return "", fmt.Errorf("%w: the answer has no mapped address", errNotSTUN)
		}
		return "seen as " + c.mapped.String(), nil
	})
	v.facts.Binding = outcome(err)
	if !v.target.relay || err != nil && outcome(err) != Silent && outcome(err) != Denied {
		return err == nil
	}
	err = v.step(ctx, "challenge", func(ctx context.Context) (string, error) {
		m, err := c.ask(ctx, request(stun.MethodAllocate, requestedTransport()))
		switch {
		case err != nil:
			return "", err
		case m.Type.Class == stun.ClassSuccessResponse:
			v.facts.Anonymous = true
			v.noteAllocation(c, m)
			return "an allocation without credentials", nil
		case errorCode(m) != int(stun.CodeUnauthorized):
			return "", granted(m, nil)
		case !c.learn(m):
			return "", fmt.Errorf("%w: a challenge without a nonce", errNotSTUN)
		}
		v.server.Realm = printable(c.realm)
		if s := text(m, stun.AttrSoftware); s != "" {
			v.server.Software = s
		}
		return fmt.Sprintf("realm %s", v.server.Realm), nil
	})
	switch how := outcome(err); {
	case how == Denied:
		v.facts.Allocate = Denied
		errors.As(err, &v.facts.Error)
	case err != nil && v.facts.Binding == OK:
		v.facts.Stopped = "the Binding request"
	case err != nil:
		v.facts.Binding = how
	}
	return err == nil
}

// crossCheck tells a server that is down from a network without UDP: the same port is tried over TCP.
func (v *visit) crossCheck(ctx context.Context) {
	if v.target.via != UDP || v.facts.Binding != Silent || v.facts.Allocate != NotTried {
		return
	}
	_ = v.step(ctx, "the same over TCP", func(ctx context.Context) (string, error) {
		conn, _, err := connect(ctx, TCP, v.facts.At, v.target.host)
		if err != nil {
			return "", err
		}
		c := newClient(conn, true, credentials{})
		defer c.close()
		if _, err := c.ask(ctx, request(stun.MethodBinding)); err != nil {
			return "", err
		}
		v.facts.OverTCP = true
		return "answers", nil
	})
}

func localAddress(conn net.Conn) netip.AddrPort {
	switch a := conn.LocalAddr().(type) {
	case *net.UDPAddr:
		return canonical(a.AddrPort())
	case *net.TCPAddr:
		return canonical(a.AddrPort())
	}
	return netip.AddrPort{}
}

func canonical(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}
