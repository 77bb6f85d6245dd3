package turn

// A Live session is one that has not ended: what it has relayed so far, and the peers that it may send to.
type Live struct {
	Session
	Peers int // permissions
}

// Live has each called with at most n live allocations from the place on, and returns the place of the next, 0 after the last. In pieces even a hundred
// thousand can be looked through while packets pass; who ends meanwhile may cost another one its turn. What each is given is good until it returns, and
// Session.End means nothing yet.
func (c *Core) Live(place, n int, each func(*Live)) (next int) {
	var live Live
	next = min(place+n, len(c.listed))
	for _, a := range c.listed[min(place, next):next] {
		live.Session, live.Peers = a.session, a.permissions.len()
		for id := range a.connections {
			c.registry.addTraffic(id, &live.Session)
		}
		each(&live)
	}
	if next == len(c.listed) {
		return 0
	}
	return next
}

// list takes an allocation into the list of those that live.
func (c *Core) list(a *allocation) {
	a.place = len(c.listed)
	c.listed = append(c.listed, a)
}

// unlist takes it out again; the last one takes its place.
func (c *Core) unlist(a *allocation) {
	last := c.listed[len(c.listed)-1]
	c.listed[a.place], last.place = last, a.place
	c.listed[len(c.listed)-1] = nil
	c.listed = c.listed[:len(c.listed)-1]
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
