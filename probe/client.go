package probe

import (
	"crypto/rand"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/stun/v3"
)

// client is one 5-tuple. One goroutine reads, and ends when close returns; any number may ask.
type client struct {
	conn    net.Conn
	stream  bool
	user    credentials
	realm   string
	nonce   []byte
	mapped  netip.AddrPort
	relayed netip.AddrPort

	closing sync.Once
	done    chan struct{} // the reader has ended

	mu       sync.Mutex
	waiting  map[[stun.TransactionIDSize]byte]chan *stun.Message
	heard    func(channel uint16, payload []byte)      // is told of ChannelData, if it is not nil
	hinted   func(peer netip.AddrPort, payload []byte) // and this of Data indications
	lost     error                                     // why the reader ended
	refused  int                                       // ICMP errors
	rubbish  int                                       // datagrams that are neither STUN nor ChannelData
	answered bool
}

func newClient(conn net.Conn, stream bool, user credentials) *client {
	c := &client{conn: conn, stream: stream, user: user, done: make(chan struct{}), waiting: make(map[[stun.TransactionIDSize]byte]chan *stun.Message)}
	go c.read()
	return c
}

// close ends the client, and its allocation if it has one.
func (c *client) close() {
	c.closing.Do(func() {
		if c.relayed.IsValid() {
			m := c.sign(request(stun.MethodRefresh, lifetime(0)))
			c.send(m.Raw)
		}
		c.conn.Close()
	})
	<-c.done
}

func (c *client) send(b []byte) {
	_ = c.conn.SetWriteDeadline(time.Now().Add(2 * time.Second))
	_, _ = c.conn.Write(b) // what does not arrive is seen by what does not come back
}

func (c *client) read() {
	defer close(c.done)
	var err error
	if c.stream {
		err = c.readStream()
	} else {
		err = c.readPackets()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lost = err
	for id, answer := range c.waiting {
		close(answer)
		delete(c.waiting, id)
	}
}

func (c *client) readPackets() error {
	buf := make([]byte, 1<<16)
	for {
		n, err := c.conn.Read(buf)
		_, datagrams := c.conn.(*net.UDPConn)
		switch {
		case err != nil && datagrams && !errors.Is(err, net.ErrClosed):
			if isRefused(err) {
				c.mu.Lock()
				c.refused++
				c.mu.Unlock()
			}
			time.Sleep(time.Millisecond) // an ICMP error of an earlier datagram ends nothing
		case err != nil:
			return err
		default:
			if c.take(buf[:n]) != nil {
				c.mu.Lock()
				c.rubbish++
				c.mu.Unlock()
			}
		}
	}
}

func (c *client) readStream() error {
	buf, have := make([]byte, 1<<17), 0
	for {
		n, err := c.conn.Read(buf[have:])
		have += n
		start := 0
		for {
			size, err := cut(buf[start:have])
			if err != nil {
				return err
			}
			if size == 0 || have-start < size {
				break
			}
			if err := c.take(buf[start : start+size]); err != nil {
				return err
			}
			start += size
		}
		have = copy(buf, buf[start:have])
		if err != nil {
			return err
		}
	}
}

// take brings a frame to whom it is for. Frames for nobody are dropped.
func (c *client) take(b []byte) error {
	f, err := parseFrame(b)
	if err != nil {
		return err
	}
	c.mu.Lock()
	heard, hinted := c.heard, c.hinted
	if m := f.message; m != nil && m.Type.Class != stun.ClassIndication && m.Type.Class != stun.ClassRequest {
		if answer := c.waiting[m.TransactionID]; answer != nil {
			c.answered = true
			answer <- m
			delete(c.waiting, m.TransactionID)
		}
	}
	c.mu.Unlock()
	switch m := f.message; {
	case m == nil:
		if heard != nil {
			heard(f.channel, f.data)
		}
	case m.Type.Method == stun.MethodData && m.Type.Class == stun.ClassIndication && hinted != nil:
		if data, err := m.Get(stun.AttrData); err == nil {
			hinted(address(m, stun.AttrXORPeerAddress, true), data)
		}
	}
	return nil
}

func (c *client) listen(heard func(channel uint16, payload []byte)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.heard = heard
}

func (c *client) listenToData(hinted func(peer netip.AddrPort, payload []byte)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hinted = hinted
}

// randomBytes fills what is relayed, so that no middlebox can make it small.
func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}
