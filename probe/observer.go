package probe

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/stun/v3"
)

// observer is one UDP socket that speaks to several servers.
type observer struct {
	conn *net.UDPConn
	done chan struct{}

	mu      sync.Mutex
	waiting map[[stun.TransactionIDSize]byte]chan heard
}

type heard struct {
	*stun.Message
	from netip.AddrPort
}

func newObserver(toward netip.Addr) (*observer, error) {
	network := "udp4"
	if toward.Is6() {
		network = "udp6"
	}
	conn, err := net.ListenUDP(network, &net.UDPAddr{IP: sourceFor(toward).AsSlice()})
	if err != nil {
		return nil, err
	}
	o := &observer{conn: conn, done: make(chan struct{}), waiting: make(map[[stun.TransactionIDSize]byte]chan heard)}
	go o.read()
	return o, nil
}

func (o *observer) close() {
	o.conn.Close()
	<-o.done
}

func (o *observer) local() netip.AddrPort {
	return canonical(o.conn.LocalAddr().(*net.UDPAddr).AddrPort())
}

func (o *observer) read() {
	defer close(o.done)
	buf := make([]byte, 2048)
	for {
		n, from, err := o.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			if isClosed(err) {
				return
			}
			time.Sleep(time.Millisecond) // an ICMP error of an earlier datagram
			continue
		}
		f, err := parseFrame(buf[:n])
		if err != nil || f.message == nil {
			continue
		}
		o.mu.Lock()
		if got := o.waiting[f.message.TransactionID]; got != nil {
			delete(o.waiting, f.message.TransactionID)
			got <- heard{f.message, canonical(from)}
		}
		o.mu.Unlock()
	}
}

// ask sends a request, and takes the answer from wherever it comes.
func (o *observer) ask(ctx context.Context, to netip.AddrPort, m *stun.Message) (heard, bool) {
	got := make(chan heard, 1)
	o.mu.Lock()
	o.waiting[m.TransactionID] = got
	o.mu.Unlock()
	defer func() {
		o.mu.Lock()
		delete(o.waiting, m.TransactionID)
		o.mu.Unlock()
	}()
	for range 3 {
		_, _ = o.conn.WriteToUDPAddrPort(m.Raw, to)
		select {
		case h := <-got:
			return h, true
		case <-time.After(400 * time.Millisecond):
		case <-ctx.Done():
			return heard{}, false
		}
	}
	return heard{}, false
}

// mapped asks a few servers at once how they see this socket.
func (o *observer) mapped(ctx context.Context, servers []netip.AddrPort) (seen []Sight, answers []heard) {
	var (
		mu   sync.Mutex
		wait sync.WaitGroup
	)
	for _, at := range servers {
		wait.Go(func() {
			h, ok := o.ask(ctx, at, request(stun.MethodBinding))
			if !ok || !mappedAddress(h.Message).IsValid() {
				return
			}
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, Sight{at, mappedAddress(h.Message)})
			answers = append(answers, h)
		})
	}
	wait.Wait()
	return seen, answers
}

// sourceFor is the address from which this host speaks to another; nothing is sent.
func sourceFor(to netip.Addr) netip.Addr {
	conn, err := net.Dial("udp", netip.AddrPortFrom(to, 9).String())
	if err != nil {
		return netip.Addr{}
	}
	defer conn.Close()
	return localAddress(conn).Addr()
}
