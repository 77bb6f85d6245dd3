//go:build !linux

package turnserver

import "net/netip"

// fleeting: here, nothing tells.
func fleeting() map[netip.Addr]bool { return nil }
