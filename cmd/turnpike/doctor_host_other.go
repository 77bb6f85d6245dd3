//go:build !linux

package main

import (
	"context"
	"runtime"
)

// What follows is read from the files of Linux.

func lookAtClock(_ context.Context, _ *patient, n *notes) { elsewhere(n, "whether the clock is right") }
func lookAtFiles(_ context.Context, _ *patient, n *notes) {
	elsewhere(n, "how many files may be open")
}
func lookAtReceiveBuffer(context.Context, *patient, *notes) {}
func lookAtLocalPorts(context.Context, *patient, *notes)    {}
func lookAtConntrack(context.Context, *patient, *notes)     {}
func lookAtDataPath(context.Context, *patient, *notes)      {}
func lookAtFirewall(_ context.Context, p *patient, n *notes) {
	elsewhere(n, "the firewall")
	n.add(doubt, "open in it: "+p.needed(), "calls come in by these ports")
}

func elsewhere(n *notes, what string) { n.unseen("", "%s is not looked at on %s", what, runtime.GOOS) }
