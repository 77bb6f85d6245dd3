package turnserver

import (
	"bufio"
	"encoding/hex"
	"io"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// Flags of an address (linux/if_addr.h).
const (
	addressTemporary = 0x01 // RFC 8981
	addressDADFailed = 0x08
	addressTentative = 0x40
)

// fleeting are the IPv6 addresses on which nothing should listen: temporary ones, and those that are not known to be this host's alone (RFC 4862 §5.4),
// which cannot be bound.
func fleeting() map[netip.Addr]bool {
	f, err := os.Open("/proc/net/if_inet6")
	if err != nil {
		return nil // no IPv6
	}
	defer f.Close()
	return readFleeting(f)
}

// readFleeting reads lines of an address, numbers in hexadecimal of which the fourth is the flags, and a name.
func readFleeting(r io.Reader) map[netip.Addr]bool {
	found := make(map[netip.Addr]bool)
	for sc := bufio.NewScanner(r); sc.Scan(); {
		fields := strings.Fields(sc.Text())
		if len(fields) < 6 {
			continue
		}
		b, err := hex.DecodeString(fields[0])
		flags, ferr := strconv.ParseUint(fields[4], 16, 32)
		if a, ok := netip.AddrFromSlice(b); ok && err == nil && ferr == nil && flags&(addressTemporary|addressDADFailed|addressTentative) != 0 {
			found[a] = true
		}
	}
	return found
}
