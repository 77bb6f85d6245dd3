package turn

// A Live session is one that has not ended: what it has relayed so far, and the peers that it may send to.
type Live struct {
	Session
	Peers int // permissions
}

// Live has each called with every live allocation, until it returns false. What it is given is good until it returns, and Session.End means nothing yet.
func (c *Core) Live(each func(*Live) bool) {
	var live Live
	for _, a := range c.clients {
		if a.pending != nil {
			continue
		}
		live.Session, live.Peers = a.session, a.permissions.len()
		for id := range a.connections {
			c.registry.addTraffic(id, &live.Session)
		}
		if !each(&live) {
			return
		}
	}
}

// addTraffic adds the bytes of a connection that is still open (RFC 6062), which its meter has.
func (r *Registry) addTraffic(id ConnID, s *Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if conn := r.conns[id]; conn != nil {
		s.Sent.Bytes += conn.meter.sent.Load()
		s.Received.Bytes += conn.meter.received.Load()
	}
}
