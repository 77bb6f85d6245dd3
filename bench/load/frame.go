package load

import (
	"encoding/binary"
	"net/netip"

	"github.com/pion/stun/v3"
)

const channelHeader = 4

// channelOf is the number of a flow's channel; they differ, so that a packet on a wrong one is seen.
func channelOf(flow int) uint16 { return 0x4000 + uint16(flow%0xFFF) }

func putChannelHeader(b []byte, channel uint16, size int) {
	binary.BigEndian.PutUint16(b, channel)
	binary.BigEndian.PutUint16(b[2:], uint16(size))
}

// channelPayload returns what a frame carries, if it is of that channel.
func channelPayload(frame []byte, channel uint16) ([]byte, bool) {
	if len(frame) < channelHeader || binary.BigEndian.Uint16(frame) != channel {
		return nil, false
	}
	size := int(binary.BigEndian.Uint16(frame[2:]))
	if len(frame)-channelHeader < size {
		return nil, false
	}
	return frame[channelHeader : channelHeader+size], true
}

// indicationHeader returns all of a Send indication before its data (RFC 8656 §11.1), and how long the indication is.
func indicationHeader(peer netip.AddrPort, size int) (header []byte, length int) {
	m := stun.New()
	m.Type = stun.NewType(stun.MethodSend, stun.ClassIndication)
	m.WriteHeader()
	address := stun.XORMappedAddress{IP: peer.Addr().AsSlice(), Port: int(peer.Port())}
	_ = address.AddToAs(m, stun.AttrXORPeerAddress) // fails only where an address has no family
	m.Add(stun.AttrData, make([]byte, size))
	return m.Raw[:len(m.Raw)-padded(size)], len(m.Raw)
}

// indicationPayload returns what a Data indication carries, if it is from that peer. Its attributes may come in any order.
func indicationPayload(frame []byte, peer []byte) (data []byte, ok bool) {
	be := binary.BigEndian
	if len(frame) < 20 || be.Uint16(frame) != 0x0017 || be.Uint32(frame[4:]) != 0x2112A442 || len(frame) != 20+int(be.Uint16(frame[2:])) {
		return nil, false
	}
	fromPeer := false
	for rest := frame[20:]; len(rest) >= 4; {
		kind, size := stun.AttrType(be.Uint16(rest)), int(be.Uint16(rest[2:]))
		if 4+padded(size) > len(rest) {
			return nil, false
		}
		switch value := rest[4 : 4+size]; kind {
		case stun.AttrXORPeerAddress:
			fromPeer = xorAddressIs(value, frame[4:20], peer)
		case stun.AttrData:
			data, ok = value, true
		}
		rest = rest[4+padded(size):]
	}
	return data, ok && fromPeer
}

// xorAddressIs compares the value of an XOR-PEER-ADDRESS with a port and an address. The key is the cookie and the transaction.
func xorAddressIs(value, key, want []byte) bool {
	if len(value) != 2+len(want) || value[2]^key[0] != want[0] || value[3]^key[1] != want[1] {
		return false
	}
	for i, b := range want[2:] {
		if value[4+i]^key[i] != b {
			return false
		}
	}
	return true
}

// plainAddress is what xorAddressIs wants.
func plainAddress(a netip.AddrPort) []byte {
	return append(binary.BigEndian.AppendUint16(nil, a.Port()), a.Addr().AsSlice()...)
}

func padded(n int) int { return (n + 3) &^ 3 }
