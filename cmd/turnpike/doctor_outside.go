package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/pion/stun/v3"

	"turnpike/turnserver"
)

// parseVia takes stun:HOST and stun:HOST:PORT, and returns HOST:PORT.
func parseVia(text string) (string, error) {
	uri, err := stun.ParseURI(text)
	if err != nil || uri.Scheme != stun.SchemeTypeSTUN {
		return "", fmt.Errorf("%q is not a STUN server; write it like stun:stun.example.org", text)
	}
	return net.JoinHostPort(uri.Host, fmt.Sprint(uri.Port)), nil
}

// lookFromOutside asks a STUN server by which addresses and ports it sees the relay.
func lookFromOutside(ctx context.Context, p *patient, n *notes) {
	if p.via == "" {
		n.unseen("turnpike doctor … -via stun:HOST   # a STUN server that is not on this network", "which address this host has from outside was asked of nobody")
		return
	}
	for _, a := range p.relays() {
		if a.Local.IsLoopback() {
			continue
		}
		server, err := resolveVia(ctx, p.via, a.Local.Is4())
		if err != nil {
			n.unseen("", "%s: %s", p.via, err)
			continue
		}
		lookFrom(ctx, p, a, server, n)
	}
}

// viaPorts of the relay are tried from.
const viaPorts = 3

func lookFrom(ctx context.Context, p *patient, a turnserver.RelayAddress, server netip.AddrPort, n *notes) {
	for _, port := range spread(p.cfg.Turn.Relay.Ports, viaPorts) {
		seen, local, err := mapping(ctx, netip.AddrPortFrom(a.Local, uint16(port)), server)
		named := fmt.Sprintf("turn: {relay: {addresses: [\"%s=%s\"]}}", seen.Addr(), a.Local)
		switch {
		case err != nil:
			n.care("open UDP outwards, or try another STUN server", "%s gives no answer to %s over UDP: %s", server, a.Local, err)
		case seen.Addr() != a.Public && seen.Addr() == a.Local:
			n.bad(fmt.Sprintf("turn: {relay: {addresses: [\"%s\"]}}", seen.Addr()), "seen from outside this host is %s, but peers are told %s", seen.Addr(), a.Public)
		case seen.Addr() != a.Public:
			n.bad(named, "seen from outside this host is %s, but peers are told %s", seen.Addr(), a.Public)
		case seen.Port() != local.Port():
			n.bad(fmt.Sprintf("have the NAT forward UDP %s, unchanged, to %s", p.cfg.Turn.Relay.Ports, a.Local), "a NAT changes ports on their way out (%d became %d): relay ports are not reached from outside", local.Port(), seen.Port())
		default:
			continue
		}
		return // the other ports would say the same
	}
	n.good("seen from outside this host is %s, as peers are told, with the ports unchanged", a.Public)
}

func resolveVia(ctx context.Context, via string, v4 bool) (netip.AddrPort, error) {
	host, port, err := net.SplitHostPort(via)
	if err != nil {
		return netip.AddrPort{}, err
	}
	network := "ip6"
	if v4 {
		network = "ip4"
	}
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, network, host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	return netip.ParseAddrPort(net.JoinHostPort(addrs[0].Unmap().String(), port))
}

// mapping asks three times, for half a second each. A port that is taken is replaced by another.
func mapping(ctx context.Context, from, server netip.AddrPort) (seen, local netip.AddrPort, err error) {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(from))
	if err != nil {
		conn, err = net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(from.Addr(), 0)))
	}
	if err != nil {
		return seen, local, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	local = conn.LocalAddr().(*net.UDPAddr).AddrPort()
	request := stun.MustBuild(stun.TransactionID, stun.BindingRequest)
	buf := make([]byte, 1500)
	for range 3 {
		if _, err = conn.WriteToUDPAddrPort(request.Raw, server); err != nil {
			return seen, local, plainly(err)
		}
		for end := time.Now().Add(500 * time.Millisecond); ; {
			_ = conn.SetReadDeadline(end)
			var size int
			if size, _, err = conn.ReadFromUDPAddrPort(buf); err != nil {
				break
			}
			answer := &stun.Message{Raw: buf[:size]}
			var mapped stun.XORMappedAddress
			if answer.Decode() != nil || answer.TransactionID != request.TransactionID || mapped.GetFrom(answer) != nil {
				continue // somebody else's
			}
			ip, _ := netip.AddrFromSlice(mapped.IP)
			return netip.AddrPortFrom(ip.Unmap(), uint16(mapped.Port)), local, nil
		}
	}
	return seen, local, plainly(err)
}

// plainly drops who spoke to whom from an error of the network.
func plainly(err error) error {
	var op *net.OpError
	switch {
	case errors.As(err, &op) && op.Timeout():
		return errors.New("no answer")
	case errors.As(err, &op):
		return op.Err
	}
	return err
}
