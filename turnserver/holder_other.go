//go:build !linux

package turnserver

import "net/netip"

// holder: elsewhere there is no way to tell without another program.
func holder(string, netip.AddrPort) string { return "" }
