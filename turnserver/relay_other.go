//go:build !linux

package turnserver

import (
	"errors"
	"net"
	"net/netip"

	"turnpike/turnserver/turn"
)

// dontFragment tells whether the DF bit of one datagram can be set; here it is not done, and DONT-FRAGMENT is answered as unknown.
const dontFragment = false

func prepareRelay(*net.UDPConn) {}

func (r *relaySocket) sendUnfragmented(to netip.AddrPort, data []byte) (undisturbed bool) {
	return r.send(to, data)
}

func (r *relaySocket) takeErrors() []icmpReport { return nil }

// readPeers feeds the shard what peers send to a relay socket, until it is closed.
func (sh *shard) readPeers(id turn.RelayID, r *relaySocket) {
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := r.conn.ReadFromUDPAddrPort(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err == nil {
			sh.peer(id, from, buf[:n])
		}
	}
}
