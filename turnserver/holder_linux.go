package turnserver

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Holder names the program that has the address, or one that overlaps it, as " (coturn, pid 812)", or is empty where that cannot be told.
func Holder(network string, at netip.AddrPort) string {
	inodes := make(map[string]bool)
	for _, file := range []string{network, network + "6"} {
		for _, inode := range socketInodes("/proc/net/"+file, network, at) {
			inodes["socket:["+inode+"]"] = true
		}
	}
	if len(inodes) == 0 {
		return ""
	}
	fds, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, fd := range fds {
		if target, err := os.Readlink(fd); err != nil || !inodes[target] {
			continue
		}
		pid := strings.Split(fd, "/")[2]
		name, err := os.ReadFile("/proc/" + pid + "/comm")
		if err == nil {
			return fmt.Sprintf(" (%s, pid %s)", strings.TrimSpace(string(name)), pid)
		}
	}
	return ""
}

// socketInodes lists the sockets that keep others from binding the address; of TCP only those that listen.
func socketInodes(file, network string, at netip.AddrPort) []string {
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	var inodes []string
	for sc := bufio.NewScanner(f); sc.Scan(); {
		fields := strings.Fields(sc.Text())
		if len(fields) < 10 || network == "tcp" && fields[3] != "0A" {
			continue
		}
		bound, ok := parseProcAddr(fields[1])
		if ok && bound.Port() == at.Port() && overlap(bound.Addr(), at.Addr().Unmap()) {
			inodes = append(inodes, fields[9])
		}
	}
	return inodes
}

func overlap(a, b netip.Addr) bool {
	every := func(a netip.Addr) bool { return !a.IsValid() || a.IsUnspecified() }
	return a == b || every(a) || every(b)
}

// parseProcAddr reads "0100007F:1F90", words of four bytes in the order of this machine.
func parseProcAddr(s string) (netip.AddrPort, bool) {
	words, port, _ := strings.Cut(s, ":")
	b, err := hex.DecodeString(words)
	p, perr := strconv.ParseUint(port, 16, 16)
	if err != nil || perr != nil || len(b)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for i := 0; i < len(b); i += 4 {
		binary.BigEndian.PutUint32(b[i:], binary.NativeEndian.Uint32(b[i:]))
	}
	a, ok := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(a.Unmap(), uint16(p)), ok
}
