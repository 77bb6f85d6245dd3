//go:build linux

package main

import (
	"crypto/x509"
	"fmt"
	"net/netip"
	"time"

	"turnpike/bench/lab"
	"turnpike/bench/load"
	"turnpike/bench/report"
)

const (
	startTimeout = 10 * time.Second
	warmUp       = 300 * time.Millisecond
	settle       = 500 * time.Millisecond
)

// A bench measures.
type bench struct {
	lab   *lab.Lab
	meter *meter
	set   setting
	trust *x509.CertPool
}

// measure makes one sample, with a fresh server: allocations that are left over would collide.
func (b *bench) measure(s server, sc scenario) (sample report.Sample, err error) {
	pid := 0
	alive := func() error { return nil }
	if s.name != report.Direct {
		p, err := s.start(b.lab, b.set)
		if err != nil {
			return sample, err
		}
		defer p.stop()
		pid, alive = p.Process.Pid, p.alive
	}
	err = b.lab.Clients.Do(func() error {
		g, err := load.New(b.job(s, sc))
		if err != nil {
			return err
		}
		defer g.Close()
		if pid != 0 {
			if err := g.Ready(time.Now().Add(startTimeout), alive); err != nil {
				return err
			}
		}
		switch sc.kind {
		case report.Setup:
			sample, err = b.setup(g, sc, pid)
		case report.Idle:
			sample, err = b.idle(g, sc, pid)
		default:
			sample, err = b.traffic(g, sc, pid)
		}
		if err != nil {
			return err
		}
		return alive()
	})
	sample.Scenario, sample.Server = sc.name, s.name
	return sample, err
}

func (b *bench) job(s server, sc scenario) load.Job {
	at := b.set.IP4
	if sc.plan == lab.IPv6 {
		at = b.set.IP6
	}
	server := netip.AddrPortFrom(at, port)
	if sc.transport == load.TLS {
		server = netip.AddrPortFrom(at, tlsPort)
	}
	job := load.Job{
		Server: server, Clients: sc.plan.Clients, Peers: sc.plan.Peers,
		Transport: sc.transport, Path: sc.path, Indications: sc.indications, Flows: sc.flows,
		Secret: b.set.Secret, Trust: b.trust,
	}
	if s.name == report.Direct {
		job.Path, job.Transport, job.Indications = load.Direct, load.UDP, false
		job.Peers, job.AtPeers = sc.plan.Near, b.lab.Server.Do
	}
	return job
}

func (b *bench) traffic(g *load.Generator, sc scenario, pid int) (sample report.Sample, err error) {
	if _, err := g.SetUp(sc.flows); err != nil {
		return sample, err
	}
	warm := sc.load
	warm.Duration = warmUp
	g.Run(warm)
	before := b.meter.read(pid)
	r := g.Run(sc.load)
	after := b.meter.read(pid)
	if r.Received == 0 {
		return sample, fmt.Errorf("of %d packets none came, %d wrong ones did", r.Sent, r.Wrong)
	}
	n := float64(r.Received)
	each := func(d time.Duration) float64 { return d.Seconds() * 1e6 / n }
	server, kernel := after.server-before.server, after.kernel-before.kernel
	sample.Values = map[report.Metric]float64{
		report.TotalCPU: each(server + r.CPU + kernel),
		report.Rate:     n / r.Wall.Seconds(),
		report.Lost:     r.LostShare(),
		report.Wrong:    float64(r.Wrong + r.Disordered),
		report.P50:      micros(r.Latency.Quantile(0.5)),
		report.P99:      micros(r.Latency.Quantile(0.99)),
	}
	if pid != 0 {
		sample.Values[report.ServerCPU] = each(server)
		busy := server.Seconds() / r.Wall.Seconds()
		sample.Bound = sc.load.Rate == 0 && r.Busy() > 0.95 && busy < 0.95
	}
	wall := after.at.Sub(before.at)
	switch fixed := sc.load.Rate > 0; {
	case after.steal-before.steal > wall/50:
		sample.Disturbed = report.DisturbedBySteal
	case fixed && r.Behind > r.Wall/50:
		sample.Disturbed = report.DisturbedByDelay
	case fixed && r.LostShare() > 0.001:
		sample.Disturbed = report.DisturbedByLoss
	}
	return sample, nil
}

func micros(d time.Duration) float64 { return d.Seconds() * 1e6 }

func (b *bench) setup(g *load.Generator, sc scenario, pid int) (sample report.Sample, err error) {
	warm := sc.flows / 10
	if _, err := g.SetUp(warm); err != nil {
		return sample, err
	}
	before := b.meter.read(pid)
	took, err := g.SetUp(sc.flows)
	after := b.meter.read(pid)
	if err != nil {
		return sample, err
	}
	n := float64(sc.flows - warm)
	sample.Values = map[report.Metric]float64{
		report.SetupCPU:  micros(after.server-before.server) / n,
		report.SetupRate: n / took.Seconds(),
	}
	return sample, nil
}

// idle compares the memory with that after one allocation. All clients share a socket, so the kernel's is the server's.
func (b *bench) idle(g *load.Generator, sc scenario, pid int) (sample report.Sample, err error) {
	sample.Values = make(map[report.Metric]float64)
	var rss, slab [3]float64
	counts := [3]int{1, sc.flows / 10, sc.flows}
	for i, n := range counts {
		if _, err := g.SetUp(n); err != nil {
			return sample, err
		}
		time.Sleep(settle)
		if rss[i], err = residentKB(pid); err != nil {
			return sample, err
		}
		if slab[i], err = slabKB(); err != nil {
			return sample, err
		}
	}
	for i, m := range [3][2]report.Metric{1: {report.RSS1k, report.Slab1k}, 2: {report.RSS10k, report.Slab10k}} {
		if i > 0 {
			n := float64(counts[i] - 1)
			sample.Values[m[0]] = (rss[i] - rss[0]) / n
			sample.Values[m[1]] = (slab[i] - slab[0]) / n
		}
	}
	sample.Values[report.Memory10k] = sample.Values[report.RSS10k] + sample.Values[report.Slab10k]
	return sample, nil
}
