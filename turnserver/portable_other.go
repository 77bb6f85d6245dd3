//go:build !linux

package turnserver

import (
	"errors"
	"net"
	"net/netip"
)

// dontFragment tells whether the DF bit of one datagram can be set; here it is not done, and DONT-FRAGMENT is answered as unknown.
const dontFragment = false

func (r portableSocket) prepare() {}

func (r portableSocket) sendUnfragmented(to netip.AddrPort, data []byte) (undisturbed bool) {
	return r.send(to, data)
}

func (r portableSocket) takeErrors() []icmpReport { return nil }

// readPeers feeds the shard what peers send to a relay socket, until it is closed.
func (p *portable) readPeers(r *relaySocket, socket portableSocket) {
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := socket.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			p.peer(r, from, buf[:n])
		}
	}
}
