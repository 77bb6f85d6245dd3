package coturn

import (
	"net/netip"
	"slices"
	"strings"
)

// addresses translates external-ip and relay-ip, and where there is neither the
// addresses that are listened on, which coturn relays from then.
func (t *translator) addresses() {
	var local []netip.Addr // that the relay is to have, as far as is said
	from := map[netip.Addr]line{}
	own := t.each("relay-ip")
	if len(own) == 0 {
		own = t.each("listening-ip")
	}
	for _, l := range own {
		addr, err := netip.ParseAddr(strings.Trim(l.value, "[]"))
		addr = addr.Unmap()
		switch {
		case err == nil && !addr.IsUnspecified() && addr.Zone() == "":
			if _, twice := from[addr]; !twice {
				local, from[addr] = append(local, addr), l
			} else if l.option == "relay-ip" {
				t.note(l, "line %d says so already", from[addr].number)
			}
		case l.option == "relay-ip":
			t.care(l, "is not an IP address of this host; left out")
		}
	}
	mapped := map[netip.Addr]bool{}
	for i, l := range t.each("external-ip") {
		public, private, has := strings.Cut(l.value, "/")
		at, err := netip.ParseAddr(private)
		switch {
		case has && err == nil && at.Zone() == "":
			at = at.Unmap()
			if at.String() != public {
				public += "=" + at.String()
			}
			t.set("turn.relay.addresses", public, l, from[at])
			mapped[at] = true
			continue
		case has:
			t.care(l, "what follows / is not an IP address; left out")
			continue
		case i > 0:
			t.care(l, "coturn takes one address without /; left out")
			continue
		}
		t.external(l, local, from, mapped)
	}
	for _, addr := range local {
		l := from[addr]
		if mapped[addr] {
			continue
		}
		if l.option == "listening-ip" && (addr.IsLoopback() || len(t.of("turn.relay.addresses")) > 0) {
			continue
		}
		t.set("turn.relay.addresses", addr.String(), l)
	}
}

// external translates an external-ip that does not say which local one it stands for.
func (t *translator) external(l line, local []netip.Addr, from map[netip.Addr]line, mapped map[netip.Addr]bool) {
	public, err := netip.ParseAddr(l.value)
	public = public.Unmap()
	if err != nil {
		public = netip.IPv4Unspecified() // a name
	}
	fits := func(a netip.Addr) bool { return a.Is4() == public.Is4() && !a.IsLoopback() }
	by := []line{l}
	inner := netip.Addr{}
	if i := slices.IndexFunc(local, fits); i >= 0 {
		inner = local[i]
		by = append(by, from[inner])
		mapped[inner] = true
	} else if i := slices.IndexFunc(t.Addresses, fits); i >= 0 && !slices.Contains(t.Addresses, public) {
		inner = t.Addresses[i]
		t.care(l, "stands for %s, the address that this host has; if turnpike runs elsewhere, change that in turn.relay.addresses", inner)
	}
	if !inner.IsValid() || inner == public {
		t.set("turn.relay.addresses", l.value, by...)
		return
	}
	t.set("turn.relay.addresses", l.value+"="+inner.String(), by...)
}
