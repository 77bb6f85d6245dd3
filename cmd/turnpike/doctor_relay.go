package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"turnpike/admin"
	"turnpike/config"
	"turnpike/turnserver"
)

// lookAtRelay relays a packet there and back over each transport.
func lookAtRelay(ctx context.Context, p *patient, n *notes) {
	switch {
	case p.relay == nil:
		n.unseen("", "the relay cannot be tried until its sockets and addresses are in order")
		return
	case !p.mayTry():
		n.unseen("turn: {credentials: {secret_files: [secret]}}   # openssl rand -base64 32 > secret; chmod 600 secret",
			"the daemon has made a secret of its own at its start, so nobody else can try its relay")
		return
	}
	results, err := p.relay.SelfTest(ctx)
	if err != nil {
		n.bad("", "%s", err)
	}
	for _, r := range results {
		if r.Err == nil {
			n.good("%s relays to itself, from port %d to %d and back in %.1f ms", r.URL, r.Relays[0].Port(), r.Relays[1].Port(), float64(r.RTT.Microseconds())/1000)
			continue
		}
		n.bad(mendRelay(p, r.Err), "%s does not relay to itself: %s", r.URL, r.Err)
	}
}

// mendRelay guesses at what is behind an error of the self-test.
func mendRelay(p *patient, err error) string {
	text := err.Error()
	switch {
	case strings.Contains(text, "401") || strings.Contains(text, "Unauthorized"):
		return "systemctl restart turnpike   # it runs with other secrets, or another realm, than this file has"
	case strings.Contains(text, "486"):
		return "raise turn.limits.allocations_per_user, or wait until it is drained"
	case strings.Contains(text, "508"):
		return "widen turn.relay.ports, and raise turn.limits.allocations"
	case strings.Contains(text, "403"):
		return "turn.peers refuses the relay's own address, which it should not: tell the developers"
	case errors.Is(err, context.DeadlineExceeded), strings.Contains(text, "timeout"), strings.Contains(text, "nothing came back"):
		return fmt.Sprintf("look at the firewall of this host: UDP %s must come in and go out", p.cfg.Turn.Relay.Ports)
	}
	return ""
}

// samplePairs of allocations are made to try relay ports, and as many ports are
// bound for a moment.
const samplePairs, samplePorts = 8, 64

// lookAtRelayPorts tries some of them, by binding and by relaying.
func lookAtRelayPorts(ctx context.Context, p *patient, n *notes) {
	ports := p.cfg.Turn.Relay.Ports
	for _, a := range p.relays() {
		busy := map[int]error{}
		tried := 0
		for _, port := range spread(ports, samplePorts) {
			err := tryRelayPort(a, port)
			if err == nil || errors.Is(err, syscall.EADDRINUSE) {
				tried++
			}
			if errors.Is(err, syscall.EADDRINUSE) {
				busy[port] = err
			}
		}
		if len(busy) > 0 {
			time.Sleep(closingTime)
		}
		var others []string
		for _, port := range slices.Sorted(maps.Keys(busy)) {
			if who := holder(busy[port]); tryRelayPort(a, port) != nil && !p.ours(who) {
				others = append(others, fmt.Sprintf("%d%s", port, who))
			}
		}
		const mend = "set turn.relay.ports to a range that nobody else uses"
		switch lost := len(others); {
		case tried == 0:
			n.unseen("", "no port of %s can be bound", a)
		case lost == 0:
			n.good("%s: the %d relay ports tried of %s are free for the relay", a, tried, ports)
		case 2*lost > tried:
			n.bad(mend, "%s: other programs hold %d of the %d relay ports tried: %s", a, lost, tried, few(others))
		default:
			n.care(mend, "%s: other programs hold %d of the %d relay ports tried: %s", a, lost, tried, few(others))
		}
	}
	if p.relay != nil && p.mayTry() {
		sampleRelays(ctx, p, n)
	}
}

// closingTime is what the ports of a self-test that is just over may take.
const closingTime = 100 * time.Millisecond

// tryRelayPort binds a port for a moment.
func tryRelayPort(a turnserver.RelayAddress, port int) error {
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(a.Local, uint16(port))))
	if err != nil {
		return err
	}
	return conn.Close()
}

// ours tells whether a port is held by a call of the daemon's, or by doctor's own relay.
func (p *patient) ours(who string) bool {
	return p.held && (who == "" || strings.HasPrefix(who, " (turnpike")) || strings.HasSuffix(who, fmt.Sprintf(", pid %d)", os.Getpid()))
}

// mayTry tells whether there are credentials for the relay: the one that runs
// elsewhere takes none that doctor has made up.
func (p *patient) mayTry() bool {
	return p.own || len(p.cfg.Turn.Credentials.All())+len(p.cfg.Turn.Credentials.Users) > 0
}

func sampleRelays(ctx context.Context, p *patient, n *notes) {
	pairs := min(samplePairs, p.relayPorts()/4) // the rest is for calls
	if pairs == 0 {
		return
	}
	results, err := p.relay.SampleRelays(ctx, pairs)
	if err != nil {
		n.bad("", "%s", err)
		return
	}
	reached := map[int]bool{} // by port; what one pair fails at, another may manage
	for _, r := range results {
		for _, at := range r.Relays {
			if at.IsValid() {
				reached[int(at.Port())] = reached[int(at.Port())] || r.Err == nil
			}
		}
	}
	var good, mute []string
	for _, port := range slices.Sorted(maps.Keys(reached)) {
		if reached[port] {
			good = append(good, fmt.Sprint(port))
		} else {
			mute = append(mute, fmt.Sprint(port))
		}
	}
	switch {
	case len(mute) > 0:
		n.bad("look at the firewall of this host: UDP "+p.cfg.Turn.Relay.Ports.String()+" must come in", "nothing arrives at relay ports %s; at %d others it does", few(mute), len(good))
	case len(good) > 0:
		n.good("what is sent arrives at %d relay ports: %s", len(good), few(good))
	}
}

// spread picks ports over the whole range, both ends among them.
func spread(ports config.PortRange, most int) (list []int) {
	count := ports.Max - ports.Min + 1
	n := min(count, most)
	for i := range n {
		if n == 1 {
			return []int{ports.Min}
		}
		list = append(list, ports.Min+i*(count-1)/(n-1))
	}
	return list
}

// few are the first of a list in words.
func few(list []string) string {
	const most = 8
	if len(list) > most {
		return strings.Join(list[:most], ", ") + fmt.Sprintf(" and %d more", len(list)-most)
	}
	return strings.Join(list, ", ")
}

// lookAtDaemon asks the daemon that runs how it fares.
func lookAtDaemon(ctx context.Context, p *patient, n *notes) {
	if !p.held || p.cfg.Admin.Listen.None() {
		return
	}
	h, err := askHealth(ctx, p.cfg)
	const again = "systemctl restart turnpike; journalctl -u turnpike"
	switch {
	case err != nil:
		n.unseen("", "%s does not tell how the daemon fares: %s", p.cfg.Admin.Listen, err)
	case h.Draining != nil:
		n.care("turnpike drain -undo", "the daemon lets nothing new in: it is being drained")
	case !h.Ready:
		n.care("", "the daemon is starting or shutting down")
	case h.SelfTest.At.IsZero():
		n.good("the daemon is ready; its first self-test runs")
	case h.SelfTest.Good:
		n.good("the daemon is ready; its self-test was good at %s", h.SelfTest.At.Local().Format(time.DateTime))
	default:
		n.bad(again, "the daemon's self-test at %s %s", h.SelfTest.At.Local().Format(time.DateTime), summary(h.SelfTest))
	}
}

// askHealth tries both addresses of localhost, by number: a host may lack the name.
func askHealth(ctx context.Context, cfg *config.Config) (h admin.Health, err error) {
	l := cfg.Admin.Listen.Listener
	hosts := []string{l.Host}
	if l.Host == "" || l.Host == "localhost" {
		hosts = []string{"127.0.0.1", "::1"}
	}
	for _, host := range hosts {
		l.Host = host
		if h, err = askHealthAt(ctx, l, cfg.Admin.Tokens); err == nil {
			return h, nil
		}
	}
	return h, err
}

func askHealthAt(ctx context.Context, l config.Listener, tokens []config.Secret) (h admin.Health, err error) {
	request, err := http.NewRequestWithContext(ctx, "GET", l.String()+"/readyz", nil)
	if err != nil {
		return h, err
	}
	if len(tokens) > 0 {
		request.Header.Set("Authorization", "Bearer "+string(tokens[0]))
	}
	// The certificate is of the daemon's public name, and we ask our own host.
	client := http.Client{Timeout: 3 * time.Second, Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	response, err := client.Do(request)
	if err != nil {
		return h, plainly(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK && response.StatusCode != http.StatusServiceUnavailable {
		return h, errors.New(response.Status)
	}
	return h, json.NewDecoder(http.MaxBytesReader(nil, response.Body, 1<<20)).Decode(&h)
}
