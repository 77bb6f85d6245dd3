package main

import (
	"fmt"
	"strconv"
	"strings"

	"turnpike/config"
)

// An opening is what a firewall has to let in.
type opening struct {
	network string // udp or tcp
	ports   config.PortRange
}

func (o opening) String() string { return o.text("-") + "/" + o.network }

// text writes one port as such, and a range with that sign.
func (o opening) text(sign string) string {
	if o.ports.Min == o.ports.Max {
		return strconv.Itoa(o.ports.Min)
	}
	return fmt.Sprintf("%d%s%d", o.ports.Min, sign, o.ports.Max)
}

// openings are those of every listener that is not on loopback, and of the relay.
func (p *patient) openings() (list []opening) {
	seen := map[opening]bool{}
	for _, w := range p.sockets() {
		o := opening{w.network(), config.PortRange{Min: w.listener.Port, Max: w.listener.Port}}
		if !w.listener.IsLoopback() && !seen[o] {
			seen[o] = true
			list = append(list, o)
		}
	}
	if len(list) == 0 {
		return nil // nobody else is to come
	}
	return append(list, opening{"udp", p.cfg.Turn.Relay.Ports})
}

// needed is openings in words.
func (p *patient) needed() string {
	var words []string
	for _, o := range p.openings() {
		words = append(words, o.String())
	}
	return strings.Join(words, " ")
}

// rules are the commands that open it: of ufw, firewalld, iptables or nft.
func rules(tool string, list []opening, chain string) string {
	var lines []string
	dashed, colons := byNetwork(list, "-"), byNetwork(list, ":")
	switch tool {
	case "ufw":
		for _, o := range list {
			lines = append(lines, "ufw allow "+o.text(":")+"/"+o.network)
		}
	case "firewalld":
		line := "firewall-cmd --permanent"
		for _, o := range list {
			line += " --add-port=" + o.String()
		}
		lines = append(lines, line, "firewall-cmd --reload")
	case "iptables":
		for _, network := range []string{"udp", "tcp"} {
			if ports := colons[network]; len(ports) > 0 {
				lines = append(lines, fmt.Sprintf("iptables -I INPUT -p %s -m multiport --dports %s -j ACCEPT   # and ip6tables", network, strings.Join(ports, ",")))
			}
		}
	default:
		for _, network := range []string{"udp", "tcp"} {
			if ports := dashed[network]; len(ports) > 0 {
				lines = append(lines, fmt.Sprintf("nft insert rule %s %s dport '{ %s }' accept", chain, network, strings.Join(ports, ", ")))
			}
		}
	}
	return strings.Join(lines, "\n")
}

func byNetwork(list []opening, sign string) map[string][]string {
	ports := map[string][]string{}
	for _, o := range list {
		ports[o.network] = append(ports[o.network], o.text(sign))
	}
	return ports
}
