package turnserver

import (
	"bufio"
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

// socketInodes lists the sockets bound to the address, to the port on every address where at has none, and to every address; of TCP only those
// that listen.
func socketInodes(file, network string, port uint16) []string {
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
		_, hex, _ := strings.Cut(fields[1], ":")
		if p, err := strconv.ParseUint(hex, 16, 16); err == nil && uint16(p) == port {
			inodes = append(inodes, fields[9])
		}
	}
	return inodes
}
