package coturn

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// port reads a port.
func (t *translator) port(option string, byDefault int) (int, line) {
	l, ok := t.once(option)
	if !ok {
		return byDefault, line{}
	}
	n, err := strconv.ParseUint(l.value, 10, 16)
	if err != nil || n == 0 {
		t.care(l, "is not a port, want 1 to 65535; left out")
		return byDefault, line{}
	}
	return int(n), l
}

// listeners translates ports, listening addresses and what is switched off.
func (t *translator) listeners() {
	port, portLine := t.port("listening-port", 3478)
	tlsPort, tlsLine := t.port("tls-listening-port", 5349)
	proxyPort, proxyLine := t.port("tcp-proxy-port", 0)
	secure := t.certificate()

	var hosts []string
	var from [][]line
	for _, l := range t.each("listening-ip") {
		addr, err := netip.ParseAddr(strings.Trim(l.value, "[]"))
		switch {
		case l.value == "" || err == nil && addr.IsUnspecified():
			t.note(l, "every address of this host, IPv4 and IPv6, is listened on where a listener names none")
			hosts, from = append(hosts, ""), append(from, nil)
		case err != nil || addr.Zone() != "":
			t.care(l, "is not an IP address of this host; left out")
		default:
			hosts, from = append(hosts, addr.Unmap().String()), append(from, []line{l})
		}
	}
	every := len(hosts) == 0
	for _, h := range hosts {
		every = every || h == ""
	}
	if every {
		for _, lines := range from {
			for _, l := range lines {
				t.note(l, "is among every address, which is listened on")
			}
		}
		hosts, from = []string{""}, [][]line{nil}
	}

	listen := func(scheme, host string, port int, by ...line) {
		if port == 0 {
			return
		}
		text := scheme + "://" + net.JoinHostPort(host, strconv.Itoa(port))
		if host == "" {
			text = scheme + "://:" + strconv.Itoa(port)
		}
		for i, v := range t.values {
			if v.key == "turn.listen" && v.text == text {
				t.values[i].from = append(v.from, by...)
				return
			}
		}
		t.set("turn.listen", text, by...)
	}
	udp, tcp := !t.is("no-udp"), !t.is("no-tcp")
	for i, host := range hosts {
		if udp {
			listen("udp", host, port, append(from[i], portLine)...)
		}
		if tcp {
			listen("tcp", host, port, append(from[i], portLine)...)
		}
		if secure && tlsPort != port {
			listen("tls", host, tlsPort, append(from[i], tlsLine)...)
		}
		if secure && t.is("dtls") && tlsPort != port {
			l, _ := t.once("dtls")
			listen("dtls", host, tlsPort, l)
		}
		listen("tcp", host, proxyPort, proxyLine)
	}
	for _, l := range t.each("aux-server") {
		at, err := netip.ParseAddrPort(l.value)
		if err != nil {
			t.care(l, "is not an address and port; left out")
			continue
		}
		host := at.Addr().Unmap().String()
		if at.Addr().IsUnspecified() {
			host = ""
		}
		if udp {
			listen("udp", host, int(at.Port()), l)
		}
		if tcp {
			listen("tcp", host, int(at.Port()), l)
		}
	}
	if proxyLine.number > 0 {
		t.care(proxyLine, "put the addresses of the load balancer in turn.proxy_protocol; until then its headers are not read")
	}
	if !secure && tlsLine.number > 0 {
		t.note(tlsLine, "no TLS is served, see the certificate")
	}
	if tlsPort == port && tlsLine.number > 0 {
		t.note(tlsLine, "a port of tcp:// takes TLS as well, where there is a certificate")
	}
	t.switches(secure)
	if len(t.of("turn.listen")) == 0 {
		t.care(line{}, "no listener is left; turnpike has its own, udp://:3478 and tcp://:3478")
	}
	t.set("http.listen", "")
}

// switches remarks on what was switched off or on.
func (t *translator) switches(secure bool) {
	for option, text := range map[string]string{
		"no-udp":  "turn.listen has no udp://",
		"no-tcp":  "turn.listen has no tcp://, but what listens on tls:// takes TCP without TLS as well",
		"no-dtls": "DTLS is served only where turn.listen names it",
		"dtls":    "turn.listen names it",
	} {
		l, ok := t.once(option)
		switch {
		case !ok:
		case option == "dtls" && l.on() && !secure:
			t.care(l, "needs a certificate; left out")
		case option == "dtls" && l.on() && len(t.of("turn.listen")) > 0:
			// It stands behind the listener.
		case option == "no-tcp" && l.on() && secure:
			t.care(l, "%s", text)
		case l.on():
			t.note(l, "%s", text)
		default:
			t.note(l, "is off")
		}
	}
}

// certificate translates cert and pkey, and tells whether TLS is served.
func (t *translator) certificate() bool {
	cert, hasCert := t.once("cert")
	key, hasKey := t.once("pkey")
	off, noTLS := t.once("no-tls")
	noTLS = noTLS && off.on()
	if _, ok := t.once("no-tls"); ok {
		t.note(off, "TLS is served where there is a certificate; none is taken over with it on")
	}
	if l, ok := t.once("pkey-pwd"); ok {
		t.care(l, "turnpike reads keys without a password: openssl pkey -in KEY -out NEW; chmod 600 NEW")
	}
	var text string
	certPath, keyPath := t.file(cert), t.file(key)
	switch {
	case !hasCert && !hasKey:
		return false
	case noTLS:
		text = "is not needed with no-tls; left out"
	case !hasCert || !hasKey:
		text = "needs cert and pkey, and one is missing; TLS is left out"
	case certPath == "" || keyPath == "":
		text = "is empty; TLS is left out"
	case t.Certificate != nil:
		if err := t.Certificate(certPath, keyPath); err != nil {
			text = "TLS is left out: " + clean(err.Error()) + "; mend it, and run this again"
		}
	}
	if text != "" {
		for _, l := range []line{cert, key} {
			if l.number == 0 {
				continue
			}
			switch {
			case noTLS:
				t.note(l, "%s", text)
			case l == key && hasCert:
				t.care(l, "left out, see line %d", cert.number)
			default:
				t.care(l, "%s", text)
			}
		}
		return false
	}
	for _, l := range []line{cert, key} {
		if at := t.file(l); at != l.value {
			t.care(l, "coturn looks for it where it is started, and in /etc; taken for %s", clean(at))
		}
	}
	t.set("tls.cert", certPath, cert)
	t.set("tls.key", keyPath, key)
	return true
}

// file is where a file is.
func (t *translator) file(l line) string {
	if l.value == "" || strings.HasPrefix(l.value, "/") || t.Path == nil {
		return l.value
	}
	return t.Path(l.value)
}

// clean keeps an error that quotes a file on one line.
func clean(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}
