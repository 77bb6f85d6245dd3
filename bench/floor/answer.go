//go:build linux

package main

import (
	"bytes"
	"net/netip"

	"github.com/pion/stun/v3"
	"golang.org/x/sys/unix"

	"turnpike/bench/mmsg"
)

// answer does what a request asks for, whoever asks.
func (r *relay) answer(l *socket, from mmsg.Name, data []byte) []byte {
	m := &stun.Message{Raw: bytes.Clone(data)}
	if m.Decode() != nil || m.Type.Class != stun.ClassRequest {
		return nil
	}
	answer := stun.New()
	answer.TransactionID = m.TransactionID
	answer.Type = stun.NewType(m.Type.Method, stun.ClassSuccessResponse)
	answer.WriteHeader()
	if m.Type.Method == stun.MethodAllocate {
		s := r.clients[from]
		if s == nil {
			var err error
			if s, err = r.open(netip.AddrPortFrom(l.at.Addr(), 0)); err != nil {
				return nil
			}
			s.listener, s.client = l, from
			r.clients[from] = s
		}
		relayed := stun.XORMappedAddress{IP: s.at.Addr().AsSlice(), Port: int(s.at.Port())}
		if relayed.AddToAs(answer, stun.AttrXORRelayedAddress) != nil {
			return nil
		}
	}
	if s := r.clients[from]; s != nil && m.Type.Method == stun.MethodChannelBind {
		var peer stun.XORMappedAddress
		number, err := m.Get(stun.AttrChannelNumber)
		if err != nil || len(number) != 4 || peer.GetFromAs(m, stun.AttrXORPeerAddress) != nil {
			return nil
		}
		ip, _ := netip.AddrFromSlice(peer.IP)
		s.channel = uint16(number[0])<<8 | uint16(number[1])
		s.peer = mmsg.NameOf(netip.AddrPortFrom(ip.Unmap(), uint16(peer.Port)))
	}
	return answer.Raw
}

func sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Addr: a.Addr().As4(), Port: int(a.Port())}
	}
	return &unix.SockaddrInet6{Addr: a.Addr().As16(), Port: int(a.Port())}
}
