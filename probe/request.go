package probe

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pion/stun/v3"
)

// patience is how long an answer is waited for. A step has five seconds, and may need a second request.
const patience = 2300 * time.Millisecond

var (
	errSilent  = errors.New("no answer")
	errRefused = errors.New("connection refused")
)

// ask sends a request, over UDP again and again (RFC 8489 §6.2.1), and returns the answer.
func (c *client) ask(ctx context.Context, m *stun.Message) (*stun.Message, error) {
	answer := make(chan *stun.Message, 1)
	c.mu.Lock()
	if c.lost != nil {
		defer c.mu.Unlock()
		return nil, c.lost
	}
	c.waiting[m.TransactionID] = answer
	refused := c.refused
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.waiting, m.TransactionID)
		c.mu.Unlock()
	}()
	ctx, cancel := context.WithTimeoutCause(ctx, patience, errSilent)
	defer cancel()
	for rto := 250 * time.Millisecond; ; rto *= 2 {
		c.send(m.Raw)
		again := time.NewTimer(rto)
		if c.stream {
			again.Stop()
		}
		select {
		case got, ok := <-answer:
			again.Stop()
			if !ok {
				return nil, c.end()
			}
			return got, nil
		case <-ctx.Done():
			again.Stop()
			return nil, c.silence(context.Cause(ctx))
		case <-again.C:
			c.mu.Lock()
			gone := c.refused > refused+1 // one may be about an earlier datagram
			c.mu.Unlock()
			if gone {
				return nil, errRefused
			}
		}
	}
}

// end is why the reader ended.
func (c *client) end() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.lost
}

// silence says more of an answer that did not come, where more is known.
func (c *client) silence(cause error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case !errors.Is(cause, errSilent):
		return cause
	case c.refused > 0:
		return errRefused
	case c.rubbish > 0 && !c.answered:
		return errNotSTUN
	}
	return errSilent
}

// sign adds the credentials to a request, once there is a nonce.
func (c *client) sign(m *stun.Message) *stun.Message {
	c.mu.Lock()
	realm, nonce := c.realm, c.nonce
	c.mu.Unlock()
	if nonce == nil || c.user.username == "" {
		return m
	}
	_ = stun.NewUsername(c.user.username).AddTo(m)
	_ = stun.NewRealm(realm).AddTo(m)
	_ = attr(stun.AttrNonce, nonce...).AddTo(m)
	_ = stun.NewLongTermIntegrity(c.user.username, realm, c.user.password).AddTo(m)
	return m
}

// learn takes realm and nonce from a challenge.
func (c *client) learn(m *stun.Message) bool {
	nonce, err := m.Get(stun.AttrNonce)
	if err != nil || len(nonce) > 763 {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.nonce = append([]byte(nil), nonce...)
	if realm, err := m.Get(stun.AttrRealm); err == nil && len(realm) < 764 {
		c.realm = string(realm)
	}
	return true
}

// call sends a signed request; a stale nonce is renewed once. The error is about there being no answer: refusals are answers.
func (c *client) call(ctx context.Context, method stun.Method, attrs ...stun.Setter) (*stun.Message, error) {
	var m *stun.Message
	for range 2 {
		var err error
		if m, err = c.ask(ctx, c.sign(request(method, attrs...))); err != nil {
			return nil, err
		}
		if errorCode(m) != int(stun.CodeStaleNonce) || !c.learn(m) {
			break
		}
	}
	return m, nil
}

// granted makes a refusal an error.
func granted(m *stun.Message, err error) error {
	if err != nil || m.Type.Class == stun.ClassSuccessResponse {
		return err
	}
	if at := address(m, stun.AttrAlternateServer, false); errorCode(m) == int(stun.CodeTryAlternate) && at.IsValid() {
		return refusal{errorCode(m), "it sends us to " + at.String()}
	}
	return refusal{errorCode(m), reason(m)}
}

// refusal is an error response.
type refusal struct {
	code   int
	reason string
}

func (r refusal) Error() string {
	switch {
	case r.code == 0:
		return "an error without a code"
	case r.reason == "":
		return fmt.Sprintf("error %d", r.code)
	}
	return fmt.Sprintf("error %d (%s)", r.code, r.reason)
}

func codeOf(err error) int {
	var r refusal
	errors.As(err, &r)
	return r.code
}
