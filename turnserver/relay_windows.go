package turnserver

import (
	"errors"
	"net"

	"turnpike/turnserver/turn"
)

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
