package main

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"turnpike/config"
)

// bedside is a patient with these files of the kernel's, and a configuration.
func bedside(t *testing.T, text string, files map[string]string) *patient {
	t.Helper()
	cfg, err := config.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p := &patient{root: t.TempDir(), cfg: cfg}
	for name, text := range files {
		file := filepath.Join(p.root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func TestWhatTheKernelSaysIsUnderstood(t *testing.T) {
	const (
		ranges   = "proc/sys/net/ipv4/ip_local_port_range"
		reserved = "proc/sys/net/ipv4/ip_local_reserved_ports"
		rmem     = "proc/sys/net/core/rmem_max"
		snmp     = "proc/self/net/snmp"
		limits   = "proc/self/limits"
		most     = "proc/sys/net/netfilter/nf_conntrack_max"
		count    = "proc/sys/net/netfilter/nf_conntrack_count"
	)
	limit := func(n string) map[string]string {
		return map[string]string{limits: "Limit                     Soft Limit           Hard Limit           Units\nMax open files            1024                 " + n + "               files\n"}
	}
	table := func(lost string) map[string]string {
		return map[string]string{rmem: "4194304\n", snmp: "Ip: Forwarding\nIp: 1\nUdp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors\nUdp: 900 0 0 0 " + lost + "\n"}
	}
	for name, c := range map[string]struct {
		look  func(context.Context, *patient, *notes)
		files map[string]string
		want  severity
		words string
	}{
		"apart":             {lookAtLocalPorts, map[string]string{ranges: "32768\t49000\n"}, sound, "no relay port"},
		"overlapping":       {lookAtLocalPorts, map[string]string{ranges: "32768\t60999\n"}, doubt, "ports 50000-50999, which are relay ports\nsysctl -w net.ipv4.ip_local_reserved_ports=50000-50999"},
		"reserved":          {lookAtLocalPorts, map[string]string{ranges: "32768\t60999\n", reserved: "8080,50000-50500,50501-51000\n"}, sound, "reserved"},
		"partly reserved":   {lookAtLocalPorts, map[string]string{ranges: "32768\t60999\n", reserved: "50000-50500,50502-51000\n"}, doubt, ""},
		"unknown range":     {lookAtLocalPorts, nil, unknown, ""},
		"small buffers":     {lookAtReceiveBuffer, map[string]string{rmem: "212992\n"}, doubt, "212 kB\nsysctl -w net.core.rmem_max=4194304"},
		"large buffers":     {lookAtReceiveBuffer, map[string]string{rmem: "8388608\n"}, sound, "4194 kB"},
		"no such file":      {lookAtReceiveBuffer, nil, unknown, "namespace"},
		"lost datagrams":    {lookAtReceiveBuffer, table("100"), doubt, "100 datagrams (10 %) were lost"},
		"none lost":         {lookAtReceiveBuffer, table("0"), sound, "no datagram was lost"},
		"plenty of files":   {lookAtFiles, limit("262144"), sound, "262144 open files"},
		"few files":         {lookAtFiles, limit("8192"), doubt, "8192 open files\nLimitNOFILE=16384"},
		"hardly any files":  {lookAtFiles, limit("1024"), broken, "enough for some 412 allocations\nLimitNOFILE=16384"},
		"files unknown":     {lookAtFiles, nil, unknown, ""},
		"no tracking":       {lookAtConntrack, nil, sound, "tracks no connections"},
		"room to track":     {lookAtConntrack, map[string]string{most: "262144", count: "10"}, sound, "262144 places, 10 in use"},
		"a small table":     {lookAtConntrack, map[string]string{most: "2000", count: "10"}, doubt, "2000 places\nsysctl -w net.netfilter.nf_conntrack_max=4096\nnotrack"},
		"a table that ends": {lookAtConntrack, map[string]string{most: "262144", count: "260000"}, broken, "is full\nsysctl -w net.netfilter.nf_conntrack_max=524288"},
		"no BTF":            {lookAtDataPath, map[string]string{"proc/self/status": "CapEff:\t0000000000000400\n"}, sound, "without type information (BTF), without CAP_BPF"},
		"BTF and BPF":       {lookAtDataPath, map[string]string{"proc/self/status": "CapEff:\t000001ffffffffff\n", "sys/kernel/btf/vmlinux": ""}, sound, " shards; kernel "},
	} {
		t.Run(name, func(t *testing.T) {
			p := bedside(t, "turn: {relay: {ports: 50000-50999}}\nhttp: {connections: 1000}", c.files)
			var found notes
			c.look(t.Context(), p, &found)
			fits := false
			for _, f := range found {
				all := f.Severity == c.want
				for word := range strings.SplitSeq(c.words, "\n") {
					all = all && strings.Contains(f.Text+"\n"+f.Mend, word)
				}
				fits = fits || all
			}
			if !fits {
				t.Errorf("want %s with %q, got %+v", c.want, c.words, found)
			}
		})
	}
}

// In a bubble it is the year 2000.
func TestAClockOfLongAgoIsWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var found notes
		lookAtClock(t.Context(), &patient{}, &found)
		if len(found) != 1 || found[0].Severity != broken || !strings.Contains(found[0].Text, "2000-01-01") {
			t.Errorf("%+v", found)
		}
	})
}

func TestAClockThatNobodyKeepsIsNoted(t *testing.T) {
	var found notes
	lookAtClock(t.Context(), &patient{}, &found)
	if len(found) != 1 || found[0].Severity == broken {
		t.Errorf("%+v", found)
	}
}

func TestFilesThatTheServiceCannotReadAreNamed(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("q7Zp0vX2mK9sLd4RtYw8Bn3J\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	unit := map[string]string{"etc/systemd/system/turnpike.service": "[Service]\nUser=nobody\n"}
	p := bedside(t, "turn: {credentials: {secret_files: [x]}}", unit)
	p.cfg.Turn.Credentials.SecretFiles[0] = secret
	look := func() notes {
		var found notes
		lookAtSecrets(t.Context(), p, &found)
		return found
	}
	found := look()
	if len(found) != 1 || found[0].Severity != broken || found[0].Mend != "chgrp nobody "+secret+"; chmod 640 "+secret {
		t.Errorf("%+v", found)
	}
	who, err := findAccount("nobody")
	if err != nil {
		t.Skip(err)
	}
	if err := os.Chown(secret, 0, atoi(t, who.groups[0])); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(secret, 0o640); err != nil {
		t.Fatal(err)
	}
	if found = look(); len(found) != 1 || found[0].Severity != sound {
		t.Errorf("after it was mended: %+v", found)
	}
}

func atoi(t *testing.T, text string) int {
	t.Helper()
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
