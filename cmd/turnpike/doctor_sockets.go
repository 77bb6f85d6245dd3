package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"turnpike/config"
	"turnpike/turnserver"
)

// A wanted socket is one that the daemon needs.
type wanted struct {
	listener config.Listener
	key      string
}

// network is udp or tcp.
func (w wanted) network() string {
	if w.listener.Scheme == "udp" || w.listener.Scheme == "dtls" {
		return "udp"
	}
	return "tcp"
}

// sockets are all that the configuration asks for.
func (p *patient) sockets() (list []wanted) {
	first := true
	for _, l := range p.cfg.Turn.Listen {
		list = append(list, wanted{l, "turn.listen"})
		if port := p.cfg.STUN.AlternatePort; first && l.Scheme == "udp" && port != 0 {
			list = append(list, wanted{config.Listener{Scheme: "udp", Host: l.Host, Port: port}, "stun.alternate_port"})
			first = false
		}
	}
	for _, l := range p.cfg.HTTP.Listen {
		list = append(list, wanted{l, "http.listen"})
	}
	if !p.cfg.Admin.Listen.None() {
		list = append(list, wanted{p.cfg.Admin.Listen.Listener, "admin.listen"})
	}
	return list
}

// lookAtSockets binds each socket for a moment, or says who has it, and then has a
// relay to try: our own, or where the daemon runs, that one.
func lookAtSockets(_ context.Context, p *patient, n *notes) {
	var free []string
	lost := false
	for _, w := range p.sockets() {
		err := tryBind(w)
		switch {
		case err == nil:
			free = append(free, w.listener.String())
		case errors.Is(err, syscall.EADDRINUSE):
			lost = p.taken(w, err, n) || lost
		case errors.Is(err, syscall.EADDRNOTAVAIL), errors.Is(err, syscall.EAFNOSUPPORT):
			lost = true
			n.bad("ip -brief address   # what this host has\nset "+w.key+" to one of them, or leave the address out",
				"%s: this host has no address %s", w.listener, w.listener.Host)
		case errors.Is(err, syscall.EACCES):
			lost = true
			n.unseen("sudo turnpike doctor …", "%s: ports below 1024 can be tried by root only; the service has CAP_NET_BIND_SERVICE for it", w.listener)
		default:
			lost = true
			n.bad("", "%s: %s", w.listener, err)
		}
	}
	switch {
	case len(free) == 0:
	case p.pid != 0:
		n.care("systemctl restart turnpike", "nobody listens on %s, though turnpike runs (pid %d): it was started with another configuration", strings.Join(free, ", "), p.pid)
	case !p.held:
		n.good("free to be listened on: %s", strings.Join(free, ", "))
	}
	if lost && !p.held || len(p.misplaced()) > 0 {
		return // which lookAtRelay and lookAtRelayAddresses tell
	}
	if err := p.findRelay(); err != nil {
		n.bad("", "%s", err)
	}
}

// tryBind binds and lets go.
func tryBind(w wanted) error {
	if w.network() == "udp" {
		conn, err := net.ListenPacket("udp", w.listener.HostPort())
		if err == nil {
			conn.Close()
		}
		return err
	}
	sockets, err := bind(w.listener)
	if err == nil {
		for _, s := range sockets {
			s.Close()
		}
	}
	return err
}

var holderText = regexp.MustCompile(`^ \((.+), pid (\d+)\)$`)

// taken says who has a socket, and whether that is somebody who should not.
func (p *patient) taken(w wanted, err error, n *notes) (lost bool) {
	who := holder(err)
	m := holderText.FindStringSubmatch(who)
	if m == nil {
		p.held = p.held || w.key == "turn.listen"
		n.unseen("sudo turnpike doctor …", "%s is in use, by whom only root can see", w.listener)
		return false
	}
	pid, _ := strconv.Atoi(m[2])
	// Another turnpike, of another configuration, may have our port of the web.
	if strings.HasPrefix(m[1], "turnpike") && (pid == p.pid || p.pid == 0 && w.key == "turn.listen") {
		p.pid, p.held = pid, true
		n.good("%s is held by the daemon (%s, pid %d)", w.listener, m[1], pid)
		return false
	}
	n.bad(fmt.Sprintf("stop it (kill %d, or systemctl disable --now its service), or set %s to another port", pid, w.key),
		"%s is in use by another program (%s, pid %d)", w.listener, m[1], pid)
	return true
}

// findRelay listens as the daemon would; or, where it runs, plans to be its client.
func (p *patient) findRelay() error {
	if p.held {
		plan := p.options
		for _, l := range p.cfg.HTTP.Listen {
			if l.Scheme == "https" && l.Host != "localhost" {
				plan.Listen = append(plan.Listen, turnserver.Listener{Network: "tls", Host: l.Host, Port: l.Port})
			}
		}
		var err error
		p.relay, err = turnserver.Plan(plan)
		return err
	}
	relay, err := turnserver.Listen(p.options)
	if err != nil {
		return err
	}
	p.relay, p.own = relay, true
	for _, l := range p.cfg.HTTP.Listen {
		if l.Scheme != "https" {
			continue
		}
		sockets, err := bind(l)
		if err != nil {
			return fmt.Errorf("%s: %w", l, err)
		}
		for _, s := range sockets {
			if _, err := relay.Share(s); err != nil { // closed with the relay
				return err
			}
		}
	}
	p.running.Go(func() { _ = relay.Serve() }) // which has no error
	return nil
}
