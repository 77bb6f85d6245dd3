package turnserver

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"slices"
	"strconv"
)

// The PROXY protocol, versions 1 and 2 (https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt).
const (
	proxyV2Signature = "\r\n\r\n\x00\r\nQUIT\n"
	// proxyShortest is what both versions have at least: "PROXY UNKNOWN\r\n". Nothing behind the header is ever read.
	proxyShortest = 15
	proxyV1Max    = 107
	proxyV2Max    = 4096 // ours: addresses take 36 bytes, the rest is extensions
)

// proxyLocal is a header on one's own behalf.
var proxyLocal = []byte(proxyV2Signature + "\x20\x00\x00\x00")

var errProxyHeader = errors.New("not a PROXY protocol header")

// proxied tells whether the header is required from this sender. From others it is never looked for.
func (s *Server) proxied(sender netip.Addr) bool {
	return slices.ContainsFunc(s.cfg.ProxyProtocol, func(p netip.Prefix) bool { return p.Contains(sender) })
}

// readProxyHeader reads one header and nothing beyond it, and returns the client that it names: none in a health check, which the
// proxy makes on its own behalf (LOCAL, UNKNOWN).
func readProxyHeader(r io.Reader) (netip.AddrPort, error) {
	b := make([]byte, proxyShortest, proxyV1Max)
	if _, err := io.ReadFull(r, b); err != nil {
		return netip.AddrPort{}, err
	}
	switch {
	case bytes.HasPrefix(b, []byte(proxyV2Signature)):
		return readProxyV2(r, b)
	case bytes.HasPrefix(b, []byte("PROXY ")):
		return readProxyV1(r, b)
	}
	return netip.AddrPort{}, errProxyHeader
}

func readProxyV1(r io.Reader, line []byte) (netip.AddrPort, error) {
	for !bytes.HasSuffix(line, []byte("\r\n")) {
		if len(line) == proxyV1Max {
			return netip.AddrPort{}, errProxyHeader
		}
		line = line[:len(line)+1]
		if _, err := io.ReadFull(r, line[len(line)-1:]); err != nil {
			return netip.AddrPort{}, err
		}
	}
	// PROXY TCP4 SOURCE DESTINATION PORT PORT
	fields := bytes.Split(line[:len(line)-2], []byte(" "))
	if string(fields[1]) == "UNKNOWN" {
		return netip.AddrPort{}, nil
	}
	if len(fields) != 6 {
		return netip.AddrPort{}, errProxyHeader
	}
	source, err := netip.ParseAddr(string(fields[2]))
	if err != nil || source.Zone() != "" {
		return netip.AddrPort{}, errProxyHeader
	}
	switch family := string(fields[1]); {
	case family == "TCP4" && source.Is4(), family == "TCP6" && source.Is6():
	default:
		return netip.AddrPort{}, errProxyHeader
	}
	port, err := strconv.ParseUint(string(fields[4]), 10, 16)
	if err != nil {
		return netip.AddrPort{}, errProxyHeader
	}
	return client(source, uint16(port))
}

func readProxyV2(r io.Reader, b []byte) (netip.AddrPort, error) {
	b = b[:16]
	if _, err := io.ReadFull(r, b[proxyShortest:]); err != nil {
		return netip.AddrPort{}, err
	}
	command, family, size := b[12], b[13], int(binary.BigEndian.Uint16(b[14:]))
	if command>>4 != 2 || size > proxyV2Max {
		return netip.AddrPort{}, errProxyHeader
	}
	rest := make([]byte, size)
	if _, err := io.ReadFull(r, rest); err != nil {
		return netip.AddrPort{}, err
	}
	switch {
	case command&0xF == 0: // LOCAL
		return netip.AddrPort{}, nil
	case command&0xF != 1:
		return netip.AddrPort{}, errProxyHeader
	case family == 0x11 && size >= 12: // TCP over IPv4
		return client(netip.AddrFrom4([4]byte(rest)), binary.BigEndian.Uint16(rest[8:]))
	case family == 0x21 && size >= 36: // TCP over IPv6
		return client(netip.AddrFrom16([16]byte(rest)), binary.BigEndian.Uint16(rest[32:]))
	}
	return netip.AddrPort{}, errProxyHeader
}

// client refuses what cannot be the other end of a stream.
func client(a netip.Addr, port uint16) (netip.AddrPort, error) {
	if a = a.Unmap(); a.IsUnspecified() || a.IsMulticast() || port == 0 {
		return netip.AddrPort{}, errProxyHeader
	}
	return netip.AddrPortFrom(a, port), nil
}
