package turnserver

import (
	"fmt"
	"net"
	"net/netip"

	"turnpike/turnserver/turn"
)

// A datapath moves the datagrams of one shard: between its clients' sockets, its relay sockets, and its core.
//
// All of its methods but run are called with the shard's lock held. With the lock held, too, it hands what arrives to fromClient, fromPeer and fromICMP of
// the shard, one call for each datagram, and calls flush of the shard before it lets go of the lock. Bytes that toClient and toPeer are given are void with
// the core's next event, except where they stand in the data path's own buffers; those it keeps until flush. What has been taken is sent when flush returns,
// in the order in which it was taken, or lost, as datagrams may be. An error of one datagram costs no other.
type datapath interface {
	// addClients takes over a socket that is bound to at; serveClients begins to read it, and removeClients closes it.
	addClients(at netip.AddrPort, conn *net.UDPConn) error
	serveClients(at netip.AddrPort) error
	removeClients(at netip.AddrPort)

	// addRelay begins to read the socket of an allocation, which this kind of data path has bound; removeRelay sends what waits, and closes it.
	addRelay(r *relaySocket) error
	removeRelay(r *relaySocket)

	// toClient sends to a client over UDP: ChannelData, or where channel is 0 the data as it is.
	toClient(client turn.FiveTuple, channel uint16, data []byte)
	toPeer(r *relaySocket, e *turn.Effect)
	flush()

	// run reads until close, where that needs a goroutine. It is called once, in one of its own.
	run()
	close()
}

// A peerSocket is a relay socket, as a kind of data path binds it.
type peerSocket interface{ Close() error }

// A datapathKind is one way to make data paths.
type datapathKind struct {
	name string
	bind func(at netip.AddrPort) (peerSocket, error)
	make func(*shard) (datapath, error)
}

// datapaths are what the words of the configuration stand for.
var datapaths = map[string][]datapathKind{
	"":         {batchedPath, portablePath},
	"auto":     {batchedPath, portablePath},
	"batched":  {batchedPath},
	"portable": {portablePath},
}

// openDatapath gives every shard a data path of the first kind that works here.
func (s *Server) openDatapath() error {
	kinds, err := word("turn.datapath", s.cfg.DataPath, datapaths)
	if err != nil {
		return err
	}
	var failed error
	for _, kind := range kinds {
		err := s.useDatapath(kind)
		if err == nil {
			s.datapath.name, s.datapath.why = kind.name, datapathReason(s.cfg.DataPath, kind, failed)
			s.log.Debug("data path", "datapath", kind.name, "why", s.datapath.why)
			return nil
		}
		failed = fmt.Errorf("turn.datapath: %s: %w", kind.name, err)
	}
	return failed
}

func (s *Server) useDatapath(kind datapathKind) error {
	for i, sh := range s.shards {
		path, err := kind.make(sh)
		if err != nil {
			for _, sh := range s.shards[:i] {
				sh.path.close()
			}
			return err
		}
		sh.path = path
	}
	for _, p := range s.relays {
		p.socket = kind.bind
	}
	return nil
}

func datapathReason(configured string, kind datapathKind, failed error) string {
	switch {
	case configured == kind.name:
		return "configured"
	case failed != nil:
		return failed.Error()
	}
	return "the best that works here"
}

// DataPath tells which data path is in use, "batched" or "portable", and why.
func (s *Server) DataPath() (name, why string) { return s.datapath.name, s.datapath.why }
