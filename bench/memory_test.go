//go:build linux

package main

import (
	"os"
	"testing"
)

func TestSlabinfoIsAddedUp(t *testing.T) {
	const text = `slabinfo - version: 2.1
# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit>
UDP                  10     24   1344   24    8 : tunables    0    0    0 : slabdata      1      1      0
kmalloc-64          100    128     64   64    1 : tunables    0    0    0 : slabdata      2      2      0
`
	if kb, err := parseSlabinfo(text); err != nil || kb != (10*1344+100*64)/1024. {
		t.Error(kb, err)
	}
	if _, err := parseSlabinfo("slabinfo - version: 9\nUDP many 1 2\n"); err == nil {
		t.Error("what is no number is taken for one")
	}
}

func TestMemoryOfThisProcessIsFound(t *testing.T) {
	if kb, err := residentKB(os.Getpid()); err != nil || kb < 1000 {
		t.Error(kb, err)
	}
	if _, err := residentKB(1 << 30); err == nil {
		t.Error("a process that is not there has memory")
	}
}
