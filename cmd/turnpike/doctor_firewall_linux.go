package main

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
)

// strangers stand for all who may come: a documentation address of each family.
var strangers = [2]netip.Addr{netip.MustParseAddr("198.51.100.77"), netip.MustParseAddr("2001:db8:ffff::77")}

// lookAtFirewall takes the first packet of a stranger through the rules of nft, for
// every port that has to be open.
func lookAtFirewall(ctx context.Context, p *patient, n *notes) {
	list := p.openings()
	if len(list) == 0 {
		n.good("nobody but this host is to come in, so the firewall need not let anybody")
		return
	}
	tool := p.firewallTool()
	open := rules(tool, list, "inet filter input")
	text, err := exec.CommandContext(ctx, "nft", "-j", "list", "ruleset").Output()
	switch {
	case errors.Is(err, exec.ErrNotFound):
		n.unseen(open, "the firewall is not looked at without nft (apt install nftables); it has to let in %s", p.needed())
		return
	case err != nil && os.Geteuid() != 0:
		n.unseen(open, "only root can look at the firewall; it has to let in %s", p.needed())
		return
	case err != nil:
		n.unseen(open, "nft does not list its rules: %s", err)
		return
	}
	rs, err := parseRuleset(text)
	if err != nil {
		n.unseen(open, "%s", err)
		return
	}
	var shut, doubtful []opening
	var droppers, doubters []*nftChain
	for _, o := range list {
		switch v, at := p.judge(rs, o); v {
		case dropped:
			shut, droppers = append(shut, o), append(droppers, at)
		case unsure:
			doubtful, doubters = append(doubtful, o), append(doubters, at)
		}
	}
	if len(shut) > 0 {
		chain := droppers[0].String()
		if tool == "nft" && strings.HasSuffix(chain, " INPUT") {
			tool = "iptables"
		}
		n.bad(rules(tool, shut, chain), "the firewall (%s) drops %s", describe(droppers), join(shut))
	}
	legacy := p.read("proc/net/ip_tables_names") != "" || p.read("proc/net/ip6_tables_names") != ""
	switch {
	case len(doubtful) > 0:
		if tool == "nft" {
			tool = "iptables"
		}
		n.care(rules(tool, doubtful, doubters[0].String()), "the firewall (%s) has rules of iptables that cannot be read here; it has to let in %s", describe(doubters), join(doubtful))
	case legacy && len(shut) == 0:
		n.care(rules("iptables", list, ""), "there are rules of iptables-legacy, which are not looked at; they have to let in %s", p.needed())
	case len(shut) > 0:
	case len(rs.base) == 0:
		n.good("no firewall on this host; one before it, such as a cloud's security group, has to let in %s", p.needed())
	default:
		n.good("the firewall of this host lets in %s; one before it, such as a cloud's security group, has to as well", p.needed())
	}
}

// judge asks about the ends and the middle of a range, in each family that there is.
func (p *patient) judge(rs *ruleset, o opening) (verdict, *nftChain) {
	worst, at := accepted, (*nftChain)(nil)
	for _, a := range p.relays() {
		from := strangers[0]
		if a.Local.Is6() {
			from = strangers[1]
		}
		for _, port := range spread(o.ports, 3) {
			switch v, c := rs.judge(newcomer{o.network, port, from, a.Local, interfaceOf(a.Local)}); {
			case v == dropped:
				return v, c
			case v == unsure:
				worst, at = v, c
			}
		}
	}
	return worst, at
}

// interfaceOf has that address.
func interfaceOf(addr netip.Addr) string {
	interfaces, _ := net.Interfaces()
	for _, i := range interfaces {
		addrs, _ := i.Addrs()
		for _, a := range addrs {
			if ipnet, ok := a.(*net.IPNet); ok {
				if has, ok := netip.AddrFromSlice(ipnet.IP); ok && has.Unmap() == addr {
					return i.Name
				}
			}
		}
	}
	return ""
}

// firewallTool is by what rules are made on this host.
func (p *patient) firewallTool() string {
	if strings.Contains(p.read("etc/ufw/ufw.conf"), "ENABLED=yes") {
		return "ufw"
	}
	if _, err := statIn(p.root, "run/firewalld.pid"); err == nil {
		return "firewalld"
	}
	return "nft"
}
