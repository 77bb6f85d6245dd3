//go:build !linux

package turnserver

import "net/netip"

// Holder is empty: elsewhere there is no way to tell without another program.
func Holder(string, netip.AddrPort) string { return "" }
