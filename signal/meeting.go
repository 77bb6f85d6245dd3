package signal

// met tells Config.Met that two sessions have something in common from now on.
// Callers hold h.mu.
func (h *hub) met(a, b *session) {
	for _, user := range a.users() {
		h.metAs(user, a, b)
	}
}

// parted takes back what met told. Callers hold h.mu.
func (h *hub) parted(a, b *session) {
	for _, user := range a.users() {
		h.partedAs(user, a, b)
	}
}

// metAs tells of one of a's users. Callers hold h.mu.
func (h *hub) metAs(user string, a, b *session) {
	if h.onMet == nil {
		return
	}
	for _, other := range b.users() {
		h.onMet(user, other, b.client())
		h.onMet(other, user, a.client())
	}
}

// partedAs takes back what metAs told. Callers hold h.mu.
func (h *hub) partedAs(user string, a, b *session) {
	if h.onParted == nil {
		return
	}
	for _, other := range b.users() {
		h.onParted(user, other, b.client())
		h.onParted(other, user, a.client())
	}
}

// users are whom the relay knows the session as. Callers hold hub.mu.
func (s *session) users() []string {
	if s.test == nil {
		return []string{s.user}
	}
	return []string{s.user, s.test.user}
}
