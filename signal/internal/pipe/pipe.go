// Package pipe is a network of pipes that hold nothing, for tests in a bubble of
// testing/synctest: who writes waits until it is read.
package pipe

import (
	"context"
	"net"
)

// Listener accepts what its Dial connects.
type Listener struct {
	conns chan net.Conn
	done  chan struct{}
}

// Listen returns a listener. It is to be closed once.
func Listen() *Listener {
	return &Listener{conns: make(chan net.Conn), done: make(chan struct{})}
}

func (l *Listener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.conns:
		return conn, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *Listener) Close() error { close(l.done); return nil }

func (l *Listener) Addr() net.Addr { return addr{} }

// Dial connects, whatever the address.
func (l *Listener) Dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case l.conns <- far:
		return near, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

type addr struct{}

func (addr) Network() string { return "pipe" }
func (addr) String() string  { return "pipe" }
