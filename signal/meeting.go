package signal

// met tells Config.Met that two sessions have something in common from now on.
// Callers hold h.mu.
func (h *hub) met(a, b *session) {
	if h.onMet != nil {
		h.onMet(a.user, b.user, b.client())
		h.onMet(b.user, a.user, a.client())
	}
}

// parted takes back what met told. Callers hold h.mu.
func (h *hub) parted(a, b *session) {
	if h.onParted != nil {
		h.onParted(a.user, b.user, b.client())
		h.onParted(b.user, a.user, a.client())
	}
}
