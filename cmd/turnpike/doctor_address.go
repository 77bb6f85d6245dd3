package main

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"turnpike/turnserver"
	"turnpike/turnserver/turn"
)

// ownAddresses are those of the interfaces, but for link-local IPv6.
func ownAddresses() (list []netip.Addr) {
	addrs, _ := net.InterfaceAddrs()
	for _, a := range addrs {
		if ipnet, ok := a.(*net.IPNet); ok {
			if addr, ok := netip.AddrFromSlice(ipnet.IP); ok && !(addr.Is6() && !addr.Is4In6() && addr.IsLinkLocalUnicast()) {
				list = append(list, addr.Unmap())
			}
		}
	}
	return list
}

// outward is the address from which this host would speak to the internet. Nothing
// is sent: the kernel is asked for a route.
func outward(v4 bool) netip.Addr {
	far := "[2001:db8::1]:9"
	if v4 {
		far = "198.51.100.1:9"
	}
	conn, err := net.DialTimeout("udp", far, time.Second)
	if err != nil {
		return netip.Addr{}
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap()
}

// misplaced are the relay addresses whose local part no interface has.
func (p *patient) misplaced() (list []turnserver.RelayAddress) {
	own := ownAddresses()
	for _, a := range p.options.Relay.Addresses {
		if !a.Local.IsLoopback() && !slices.Contains(own, a.Local) {
			list = append(list, a)
		}
	}
	return list
}

var carrierGrade = netip.MustParsePrefix("100.64.0.0/10")

// reserved is whatever is not the public internet.
var reserved = turn.Recommended()

// behind says in one word what an address is that the internet does not reach; empty: it does.
func behind(a netip.Addr) string {
	switch {
	case a.IsLoopback():
		return "loopback"
	case carrierGrade.Contains(a):
		return "behind a carrier's NAT"
	case a.IsPrivate():
		return "private"
	case a.IsLinkLocalUnicast():
		return "link-local"
	case slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(a) }):
		return "reserved"
	}
	return ""
}

// lookAtRelayAddresses compares what peers are told with what this host has.
func lookAtRelayAddresses(_ context.Context, p *patient, n *notes) {
	misplaced := p.misplaced()
	for _, a := range misplaced {
		mend := "ip -brief address   # what this host has"
		if here := outward(a.Public.Is4()); here.IsValid() && !here.IsLoopback() {
			mend = fmt.Sprintf("turn: {relay: {addresses: [\"%s=%s\"]}}", a.Public, here)
		}
		n.bad(mend, "no interface of this host has the relay address %s", a.Local)
	}
	for _, a := range p.relays() {
		if slices.Contains(misplaced, a) {
			continue
		}
		what, here := behind(a.Public), outward(a.Public.Is4())
		mapped := fmt.Sprintf("turn: {relay: {addresses: [\"PUBLIC=%s\"]}}   # with -via stun:HOST it is found out", a.Local)
		switch {
		case a.Public.IsLoopback():
			n.care("turn: {relay: {addresses: []}}", "the relay is on %s: nobody but this host reaches it", a.Public)
		case what != "" && a.Public == a.Local:
			n.care(mapped, "peers are told %s, which is %s: beyond this network nobody reaches it. Behind a 1:1 NAT, as in most clouds, the public address has to be named", a.Public, what)
		case what != "":
			n.bad(mapped, "peers are told %s, which is %s and not public", a.Public, what)
		case a.Public != a.Local:
			n.good("peers are told %s, which a NAT has to map to %s here, with the same ports", a.Public, a.Local)
		default:
			n.good("peers are told %s, an address of this host", a.Public)
		}
		if here.IsValid() && here != a.Local && !a.Local.IsLoopback() && !here.IsLoopback() {
			n.care(fmt.Sprintf("ip route get 198.51.100.1   # and turn.relay.addresses, if %s is the one to use", here),
				"the relay is on %s, but this host speaks to the internet from %s", a.Local, here)
		}
	}
}

// lookAtIPv6 finds a family that is there and not used.
func lookAtIPv6(_ context.Context, p *patient, n *notes) {
	var six []netip.Addr
	for _, a := range ownAddresses() {
		if a.Is6() && a.IsGlobalUnicast() && !a.IsPrivate() {
			six = append(six, a)
		}
	}
	relayed := slices.ContainsFunc(p.relays(), func(a turnserver.RelayAddress) bool { return a.Public.Is6() })
	switch {
	case relayed:
		n.good("the relay has an IPv6 address")
	case len(six) > 0:
		n.care(fmt.Sprintf("add \"%s\" to turn.relay.addresses", six[0]), "this host has the IPv6 address %s, but the relay does not use it: peers with IPv6 alone are not reached", six[0])
	default:
		n.care("ask the provider for an IPv6 address; it is found by itself", "this host has no public IPv6 address: who has IPv6 alone reaches it through a NAT64, or not at all")
	}
}

// lookAtContainer finds networks that rewrite addresses or carry every port by hand.
func lookAtContainer(_ context.Context, p *patient, n *notes) {
	bridges := map[netip.Addr]string{}
	interfaces, _ := net.Interfaces()
	for _, i := range interfaces {
		if i.Name != "docker0" && i.Name != "podman0" && i.Name != "cni0" && !strings.HasPrefix(i.Name, "br-") {
			continue
		}
		addrs, _ := i.Addrs()
		for _, a := range addrs {
			if ipnet, ok := a.(*net.IPNet); ok {
				if addr, ok := netip.AddrFromSlice(ipnet.IP); ok {
					bridges[addr.Unmap()] = i.Name
				}
			}
		}
	}
	for _, a := range p.relays() {
		if name := bridges[a.Local]; name != "" {
			n.bad(fmt.Sprintf("turn: {relay: {addresses: [\"%s\"]}}", outward(a.Public.Is4())), "the relay is on %s, the bridge %s of containers, which nobody outside reaches", a.Local, name)
			return
		}
	}
	container := ""
	for file, name := range map[string]string{".dockerenv": "Docker", "run/.containerenv": "Podman"} {
		if _, err := statIn(p.root, file); err == nil {
			container = name
		}
	}
	if container == "" {
		return
	}
	for _, a := range p.relays() {
		if a.Public.Is4() && a.Local.IsPrivate() {
			n.care(fmt.Sprintf("run it with --network host; or publish UDP %s, the listeners, and set turn: {relay: {addresses: [\"PUBLIC=%s\"]}}", p.cfg.Turn.Relay.Ports, a.Local),
				"this is a container of %s with an address of its own (%s): %d relay ports have to be published one by one", container, a.Local, p.relayPorts())
			return
		}
	}
	n.good("this is a container of %s with the addresses of its host", container)
}
