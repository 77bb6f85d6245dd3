package coturn

import (
	"net"
	"net/netip"
	"strconv"
)

// metrics translates where Prometheus asks.
func (t *translator) metrics() {
	on, isOn := t.once("prometheus")
	port, portLine := t.port("prometheus-port", 9641)
	at, hasAddress := t.once("prometheus-address")
	if !isOn {
		for _, l := range []line{portLine, at} {
			if l.number > 0 {
				t.note(l, "has no effect without prometheus")
			}
		}
		return
	}
	host := "localhost"
	addr, err := netip.ParseAddr(at.value)
	switch {
	case hasAddress && err != nil:
		t.care(at, "is not an IP address; left out")
		at = line{}
	case hasAddress && addr.IsLoopback():
		host = addr.Unmap().String()
	default:
		t.care(on, "figures are told to this host alone; for others set admin.listen, and a token in admin.tokens")
		if hasAddress {
			t.care(at, "left out, see line %d", on.number)
		}
		at = line{}
	}
	t.set("admin.listen", "http://"+net.JoinHostPort(host, strconv.Itoa(port)), on, portLine, at)
}

// elsewhere translates what has one key.
func (t *translator) elsewhere() {
	if l, ok := t.once("realm"); ok {
		t.set("realm", l.value, l)
	}
	if l, ok := t.once("server-name"); ok {
		t.set("turn.credentials.tokens.server", l.value, l)
	}
	for option, key := range map[string]string{
		"user-quota":   "turn.limits.allocations_per_user",
		"total-quota":  "turn.limits.allocations",
		"max-bps":      "turn.limits.bandwidth_per_allocation",
		"bps-capacity": "turn.limits.bandwidth",
	} {
		if l, ok := t.once(option); ok {
			t.set(key, l.value, l)
		}
	}
	t.strangers()
	t.family()
	t.log()

	if l, ok := t.once("mobility"); ok && l.on() {
		t.set("turn.mobility", "true", l)
	} else if ok {
		t.set("turn.mobility", "false", l)
	}
	if l, ok := t.once("no-tcp-relay"); ok && l.on() {
		t.set("turn.tcp_relays", "false", l)
	} else if ok {
		t.set("turn.tcp_relays", "true", l)
	} else {
		t.care(line{}, "TCP to peers (RFC 6062) is refused, as coturn does not by itself; turn.tcp_relays: true if an application needs it, no browser does")
	}
	for option, byDefault := range map[string]string{"max-allocate-lifetime": "3600", "channel-lifetime": "600", "permission-lifetime": "300"} {
		if l, ok := t.once(option); ok && (l.value == byDefault || l.value == "") {
			t.note(l, "is %s s, as ever", byDefault)
		} else if ok {
			t.care(l, "is %s s, as the RFC has it; turn.credentials.max_session bounds a whole call", byDefault)
		}
	}
	for _, l := range t.each("alternate-server", "udp-alternate-server", "tcp-alternate-server", "tls-alternate-server") {
		at := l.value
		if _, _, err := net.SplitHostPort(at); err != nil {
			at += ":3478"
		}
		t.set("turn.alternate_servers", at, l)
		t.care(l, "turnpike sends clients there when it has no room, coturn always and by transport")
	}
}

// strangers translates how many answers they get.
func (t *translator) strangers() {
	on, isOn := t.once("unauthorized-ratelimit")
	rate, hasRate := t.once("unauthorized-ratelimit-rps")
	switch {
	case isOn && on.on() && hasRate && rate.value != "":
		t.set("turn.limits.unauthenticated_per_address", rate.value+"/s", on, rate)
		return
	case isOn && on.on():
		t.note(on, "is always on: turn.limits.unauthenticated_per_address, 200/s")
	case isOn:
		t.note(on, "is always on: turn.limits.unauthenticated_per_address, 200/s; 0 is none")
	}
	if hasRate {
		t.note(rate, "has no effect as it stands")
	}
}

// family translates which addresses a relay has by default.
func (t *translator) family() {
	keep, hasKeep := t.once("keep-address-family")
	word, hasWord := t.once("allocation-default-address-family")
	switch {
	case hasWord && word.value == "keep":
		t.set("turn.family", "follow", word)
	case hasWord && word.value == "ipv4":
		t.set("turn.family", "ipv4", word)
	case hasWord:
		t.care(word, "is ipv4 or keep, which turn.family calls follow; left out")
	case hasKeep && keep.on():
		t.set("turn.family", "follow", keep)
		return
	}
	if hasKeep {
		t.note(keep, "has no effect as it stands")
	}
}

// log translates how much is written.
func (t *translator) log() {
	level, hasLevel := t.once("log-min-level")
	names := map[string]string{"debug": "debug", "info": "info", "warning": "warn", "warn": "warn", "error": "error"}
	switch name, ok := names[level.value]; {
	case ok:
		t.set("log.level", name, level)
	case hasLevel:
		t.care(level, "is none of debug, info, warning and error; left out")
	}
	if l, ok := t.once("verbose"); ok {
		t.note(l, "turnpike writes a line for each session anyway")
	}
	if l, ok := t.once("Verbose"); ok && l.on() && !hasLevel {
		t.set("log.level", "debug", l)
	} else if ok {
		t.note(l, "log.level says how much is written")
	}
}
