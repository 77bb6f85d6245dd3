package load

import (
	"bytes"
	"net/netip"
	"testing"

	"github.com/pion/stun/v3"
)

func TestChannelDataIsTakenOnlyOnItsChannel(t *testing.T) {
	frame := make([]byte, channelHeader+10)
	putChannelHeader(frame, 0x4005, 9)
	if p, ok := channelPayload(frame, 0x4005); !ok || len(p) != 9 {
		t.Errorf("%d bytes, %v", len(p), ok)
	}
	for name, bad := range map[string][]byte{"cut": frame[:channelHeader+8], "no header": frame[:3]} {
		if _, ok := channelPayload(bad, 0x4005); ok {
			t.Error(name)
		}
	}
	if _, ok := channelPayload(frame, 0x4006); ok {
		t.Error("another channel")
	}
}

func TestSendIndicationsAreSTUN(t *testing.T) {
	for _, s := range []string{"198.18.128.7:40001", "[2001:2:0:d::7]:40001"} {
		peer := netip.MustParseAddrPort(s)
		header, n := indicationHeader(peer, 10)
		frame := make([]byte, n)
		copy(frame, header)
		copy(frame[len(header):], "0123456789")
		m := &stun.Message{Raw: frame}
		if err := m.Decode(); err != nil {
			t.Fatal(err)
		}
		var a stun.XORMappedAddress
		if err := a.GetFromAs(m, stun.AttrXORPeerAddress); err != nil || a.String() != peer.String() {
			t.Errorf("peer %v, %v", a, err)
		}
		if d, _ := m.Get(stun.AttrData); string(d) != "0123456789" {
			t.Errorf("data %q", d)
		}
	}
}

func TestDataIndicationsAreTakenOnlyFromTheirPeer(t *testing.T) {
	for _, s := range []string{"198.18.128.7:40001", "[2001:2:0:d::7]:40001"} {
		peer := netip.MustParseAddrPort(s)
		for _, dataFirst := range []bool{false, true} {
			m := stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodData, stun.ClassIndication))
			if dataFirst {
				m.Add(stun.AttrData, []byte("hello"))
			}
			a := stun.XORMappedAddress{IP: peer.Addr().AsSlice(), Port: int(peer.Port())}
			if err := a.AddToAs(m, stun.AttrXORPeerAddress); err != nil {
				t.Fatal(err)
			}
			if !dataFirst {
				m.Add(stun.AttrData, []byte("hello"))
			}
			if d, ok := indicationPayload(m.Raw, plainAddress(peer)); !ok || !bytes.Equal(d, []byte("hello")) {
				t.Errorf("%q, %v", d, ok)
			}
			other := netip.AddrPortFrom(peer.Addr().Next(), peer.Port())
			if _, ok := indicationPayload(m.Raw, plainAddress(other)); ok {
				t.Error("taken from another peer")
			}
			for n := range m.Raw {
				if _, ok := indicationPayload(m.Raw[:n], plainAddress(peer)); ok {
					t.Errorf("taken when cut at %d", n)
				}
			}
		}
	}
}
