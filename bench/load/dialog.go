//go:build linux

package load

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net/netip"
	"time"

	"github.com/pion/stun/v3"

	"turnpike/bench/mmsg"
)

// A step of a set-up is the request that has no answer yet.
type step int

const (
	challenge step = iota // an Allocate without credentials
	allocate
	permit
	bind
	done
)

func (s step) String() string {
	return [...]string{"Allocate", "Allocate with credentials", "CreatePermission", "ChannelBind", "nothing"}[s]
}

// A dialog is the set-up of one flow.
type dialog struct {
	step      step
	username  string
	realm     stun.Realm
	nonce     stun.Nonce
	integrity stun.MessageIntegrity
	request   *stun.Message
	nonces    int // so many were given
	sends     int
	again     time.Time // when it is sent again
}

// maxNonces is how many a server may give before a client gives up.
const maxNonces = 4

// begin makes the next request.
func (g *Generator) begin(f *flow) error {
	f.sends = 0
	switch f.step {
	case challenge, allocate:
		return f.ask(stun.MethodAllocate, g.allocateAttributes)
	case permit:
		return f.ask(stun.MethodCreatePermission, g.peerAddress(f))
	default:
		number := stun.RawAttribute{Type: stun.AttrChannelNumber, Value: []byte{byte(f.channel >> 8), byte(f.channel), 0, 0}}
		return f.ask(stun.MethodChannelBind, func(m *stun.Message) error {
			m.Add(number.Type, number.Value)
			return g.peerAddress(f)(m)
		})
	}
}

func (f *flow) ask(method stun.Method, attributes func(*stun.Message) error) error {
	m := stun.New()
	setters := []stun.Setter{stun.TransactionID, stun.NewType(method, stun.ClassRequest), setter(attributes)}
	if f.step != challenge {
		setters = append(setters, stun.NewUsername(f.username), f.realm, f.nonce, f.integrity)
	}
	if err := m.Build(append(setters, stun.Fingerprint)...); err != nil {
		return fmt.Errorf("%s of client %d: %w", f.step, f.index, err)
	}
	f.request = m
	return nil
}

type setter func(*stun.Message) error

func (s setter) AddTo(m *stun.Message) error { return s(m) }

func (g *Generator) allocateAttributes(m *stun.Message) error {
	m.Add(stun.AttrRequestedTransport, []byte{17, 0, 0, 0})
	if g.job.Clients.Addr().Is6() {
		m.Add(stun.AttrRequestedAddressFamily, []byte{2, 0, 0, 0})
	}
	return nil
}

func (g *Generator) peerAddress(f *flow) setter {
	at := f.peer.AddrPort()
	return func(m *stun.Message) error {
		a := stun.XORMappedAddress{IP: at.Addr().AsSlice(), Port: int(at.Port())}
		return a.AddToAs(m, stun.AttrXORPeerAddress)
	}
}

// answered takes the answer to the request, and goes on to the next step.
func (g *Generator) answered(f *flow, m *stun.Message) error {
	if m.Type.Class == stun.ClassErrorResponse {
		var code stun.ErrorCodeAttribute
		_ = code.GetFrom(m) // without one it is 0
		challenged := code.Code == stun.CodeUnauthorized && f.step == challenge
		if f.nonces++; !challenged && code.Code != stun.CodeStaleNonce || f.nonces > maxNonces {
			return fmt.Errorf("%s of client %d: %s", f.step, f.index, code)
		}
		if err := m.Parse(&f.realm, &f.nonce); err != nil {
			return fmt.Errorf("%s of client %d: %w", f.step, f.index, err)
		}
		if f.step == challenge {
			f.step = allocate
			f.sign(g.job.Secret)
		}
		return nil
	}
	switch f.step {
	case challenge, allocate: // a server without credentials has answered already
		var relayed stun.XORMappedAddress
		if err := relayed.GetFromAs(m, stun.AttrXORRelayedAddress); err != nil {
			return fmt.Errorf("client %d: relayed address: %w", f.index, err)
		}
		ip, _ := netip.AddrFromSlice(relayed.IP)
		at := netip.AddrPortFrom(ip.Unmap(), uint16(relayed.Port))
		if at.Addr().Is4() != g.job.Clients.Addr().Is4() {
			return fmt.Errorf("client %d: was given %v, of another family", f.index, at)
		}
		f.relay = mmsg.NameOf(at)
		f.step = permit
	case permit:
		f.step = bind
		if g.job.Indications {
			f.step = done
		}
	case bind:
		f.step = done
	}
	return nil
}

// sign makes credentials by the secret, each flow those of a user of its own.
func (f *flow) sign(secret string) {
	f.username = fmt.Sprintf("%d:bench%d", time.Now().Add(time.Hour).Unix(), f.index)
	mac := hmac.New(sha1.New, []byte(secret))
	mac.Write([]byte(f.username))
	f.integrity = stun.NewLongTermIntegrity(f.username, f.realm.String(), base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}
