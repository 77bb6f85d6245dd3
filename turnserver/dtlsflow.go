package turnserver

import (
	"encoding/binary"
	"net"
	"net/netip"
	"time"

	"github.com/pion/transport/v5/packetio"
)

const (
	maxRecord = 1 << 14 // bytes of plaintext (RFC 6347 §4.1)
	// flowQueue is in datagrams and flowQueueBytes in bytes; what does not fit is lost, as datagrams may be.
	flowQueue      = 128
	flowQueueBytes = 256 << 10

	// maxHandshake is in bytes, retransmissions included; the largest handshake without a client's certificate takes a tenth.
	maxHandshake = 32 << 10

	dtlsHandshake     = 22
	dtlsHandshakeType = 13 // its offset, behind the record header
	dtlsClientHello   = 1
	dtlsHelloVerify   = 3
)

// dtlsPlainHandshake tells whether the datagram begins with a handshake record that is not encrypted (RFC 6347 §4.1).
func dtlsPlainHandshake(b []byte) bool {
	return len(b) >= dtlsHandshakeType+12 && b[0] == dtlsHandshake && b[1] == 0xFE && b[3] == 0 && b[4] == 0
}

// dtlsPlain tells whether any record in the datagram is not encrypted.
func dtlsPlain(b []byte) bool {
	for len(b) >= dtlsHandshakeType {
		if b[3] == 0 && b[4] == 0 {
			return true
		}
		b = b[min(len(b), dtlsHandshakeType+int(binary.BigEndian.Uint16(b[11:]))):]
	}
	return false
}

// A dtlsFlow is what a listener's socket is for one client: a net.PacketConn. Once the client has returned the cookie it is counted by the
// admission, like any stream.
type dtlsFlow struct {
	server   *Server
	listener *dtlsListener
	client   netip.AddrPort
	in       *packetio.Buffer

	// guarded by the listener
	verified    bool // the client has returned the cookie
	established bool // the handshake is done
	counted     bool // by the admission; the stream's business from then on
	handshake   int  // bytes so far
}

func newDTLSFlow(s *Server, l *dtlsListener, client netip.AddrPort) *dtlsFlow {
	f := &dtlsFlow{server: s, listener: l, client: client, in: packetio.NewBuffer()}
	f.in.SetLimitCount(flowQueue)
	f.in.SetLimitSize(flowQueueBytes)
	return f
}

// takes bounds what the library may keep of handshakes, whose fragments it would collect by the megabyte, from whoever sends in the client's name.
func (f *dtlsFlow) takes(datagram []byte) bool {
	if f.established && !dtlsPlain(datagram) {
		return true
	}
	f.handshake += len(datagram)
	return f.handshake <= maxHandshake
}

// verify is called before the first answer that follows the cookie: the client's address is not spoofed. It takes its place, which may be that of a flow
// before it; false if there is none.
func (f *dtlsFlow) verify() bool {
	l := f.listener
	l.mu.Lock()
	if f.verified {
		l.mu.Unlock()
		return true
	}
	if l.done || l.fresh[f.client] != f {
		l.mu.Unlock()
		return false
	}
	if !f.server.admission.enter(f.client.Addr()) {
		l.mu.Unlock()
		f.server.refused.crowded.Add(1)
		return false
	}
	old := l.flows[f.client]
	delete(l.fresh, f.client)
	l.flows[f.client] = f
	l.starting--
	f.verified, f.counted = true, true
	l.mu.Unlock()
	if old != nil {
		old.Close()
	}
	return true
}

// establish hands what is counted on to the stream.
func (f *dtlsFlow) establish() bool {
	f.listener.mu.Lock()
	defer f.listener.mu.Unlock()
	if !f.counted || f.listener.done {
		return false
	}
	f.established, f.counted = true, false
	return true
}

// ReadFrom returns the next datagram of the client.
func (f *dtlsFlow) ReadFrom(b []byte) (int, net.Addr, error) {
	n, _, err := f.in.Read(b, nil)
	return n, f.RemoteAddr(), err
}

// WriteTo sends to the client, whatever the address. What the kernel does not take is lost.
func (f *dtlsFlow) WriteTo(b []byte, _ net.Addr) (int, error) {
	if dtlsPlainHandshake(b) && b[dtlsHandshakeType] != dtlsHelloVerify && !f.verify() {
		f.Close()
		return 0, net.ErrClosed
	}
	_, _ = f.listener.conn.WriteToUDPAddrPort(b, f.client)
	return len(b), nil
}

// Close lets every read fail, which ends the flow. It never waits.
func (f *dtlsFlow) Close() error {
	l := f.listener
	l.mu.Lock()
	if l.fresh[f.client] == f {
		delete(l.fresh, f.client)
	}
	if l.flows[f.client] == f {
		delete(l.flows, f.client)
	}
	l.mu.Unlock()
	return f.in.Close()
}

func (f *dtlsFlow) LocalAddr() net.Addr                { return net.UDPAddrFromAddrPort(f.listener.at) }
func (f *dtlsFlow) RemoteAddr() net.Addr               { return net.UDPAddrFromAddrPort(f.client) }
func (f *dtlsFlow) SetReadDeadline(t time.Time) error  { return f.in.SetReadDeadline(t) }
func (f *dtlsFlow) SetWriteDeadline(_ time.Time) error { return nil }
func (f *dtlsFlow) SetDeadline(t time.Time) error      { return f.in.SetReadDeadline(t) }
