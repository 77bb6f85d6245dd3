package turn

import (
	"bytes"
	"net/netip"
	"testing"

	"github.com/pion/stun/v3"
)

func TestBindingTellsTheClientItsAddress(t *testing.T) {
	w := newWorld(t, nil)
	for _, addr := range []netip.AddrPort{alice, netip.MustParseAddrPort("[2001:db8:1::1]:4000")} {
		c := &client{world: w, tuple: FiveTuple{Client: addr, Server: serverAddr}, fingerprint: true}
		res := c.once(c.build(stun.MethodBinding))
		if got := address(t, res, stun.AttrXORMappedAddress); got != addr {
			t.Errorf("got %v, want %v", got, addr)
		}
		if err := stun.Fingerprint.Check(res); err != nil {
			t.Errorf("fingerprint is not mirrored: %v", err)
		}
	}
	if len(w.core.clients) != 0 {
		t.Error("Binding left state")
	}
}

func TestAllocationRelaysBothWaysOverChannelAndIndication(t *testing.T) {
	w := newWorld(t, nil)
	c := w.client(alice, "alice")
	relayed := c.allocate()
	if relayed.Addr() != relayIP {
		t.Fatalf("relayed address is %v", relayed)
	}
	if got := c.permit(peer); got != 0 {
		t.Fatalf("permission: %d", got)
	}
	c.sendIndication(peer, []byte("by indication"))
	if got := c.bind(0x4000, peer); got != 0 {
		t.Fatalf("bind: %d", got)
	}
	c.channelData(0x4000, []byte("by channel"))
	for i, want := range []string{"by indication", "by channel"} {
		if i >= len(w.toPeer) || w.toPeer[i].to != peer || w.toPeer[i].from != relayed || string(w.toPeer[i].data) != want {
			t.Fatalf("packet %d: got %+v", i, w.toPeer)
		}
	}
	id := firstRelay(w)
	w.do(w.core.Peer(w.now, id, peer, []byte("back")))
	if got := last(w.toClient[c.tuple]); !bytes.Equal(got, []byte{0x40, 0, 0, 4, 'b', 'a', 'c', 'k'}) {
		t.Errorf("got % x, want ChannelData", got)
	}
	other := netip.AddrPortFrom(peer.Addr(), 6000) // another port of a permitted address
	w.do(w.core.Peer(w.now, id, other, []byte("hello")))
	data := new(stun.Message)
	if err := stun.Decode(last(w.toClient[c.tuple]), data); err != nil || data.Type != stun.NewType(stun.MethodData, stun.ClassIndication) {
		t.Fatalf("want a Data indication: %v %v", data, err)
	}
	if got := address(t, data, stun.AttrXORPeerAddress); got != other {
		t.Errorf("from %v, want %v", got, other)
	}
	if got := must(data.Get(stun.AttrData)); string(got) != "hello" {
		t.Errorf("got %q", got)
	}
}

func TestErrorsHaveTheCodeOfTheRFC(t *testing.T) {
	type setup func(*world) *client
	ready := func(w *world) *client { c := w.client(alice, "alice"); c.allocate(); return c }
	stranger := func(w *world) *client { c := w.client(alice, "alice"); c.challenge(); return c }
	loopback := netip.MustParseAddrPort("127.0.0.1:5000")
	tests := []struct {
		name   string
		setup  setup
		method stun.Method
		attrs  []stun.Setter
		want   int
	}{
		{"Allocate without REQUESTED-TRANSPORT", stranger, stun.MethodAllocate, nil, 400},
		{"Allocate of something that is not UDP", stranger, stun.MethodAllocate, []stun.Setter{attr(stun.AttrRequestedTransport, []byte{99, 0, 0, 0})}, 442},
		{"Allocate of an unknown family", stranger, stun.MethodAllocate, []stun.Setter{udpTransport, family(7)}, 440},
		{"Allocate with a short LIFETIME", stranger, stun.MethodAllocate, []stun.Setter{udpTransport, attr(stun.AttrLifetime, []byte{1})}, 400},
		{"Allocate with an unknown attribute", stranger, stun.MethodAllocate, []stun.Setter{udpTransport, attr(0x7777, nil)}, 420},
		{"second Allocate", ready, stun.MethodAllocate, []stun.Setter{udpTransport}, 437},
		{"Refresh without allocation", stranger, stun.MethodRefresh, nil, 437},
		{"CreatePermission without allocation", stranger, stun.MethodCreatePermission, []stun.Setter{peerAddress(peer)}, 437},
		{"ChannelBind without allocation", stranger, stun.MethodChannelBind, []stun.Setter{channelNumber(0x4000), peerAddress(peer)}, 437},
		{"Refresh of another family", ready, stun.MethodRefresh, []stun.Setter{family(IPv6)}, 443},
		{"CreatePermission without peer", ready, stun.MethodCreatePermission, nil, 400},
		{"CreatePermission for a truncated peer", ready, stun.MethodCreatePermission, []stun.Setter{attr(stun.AttrXORPeerAddress, []byte{0, 1, 0, 0})}, 400},
		{"CreatePermission for the other family", ready, stun.MethodCreatePermission, []stun.Setter{peerAddress(peer6)}, 443},
		{"CreatePermission for loopback", ready, stun.MethodCreatePermission, []stun.Setter{peerAddress(loopback)}, 403},
		{"CreatePermission for mapped loopback", ready, stun.MethodCreatePermission, []stun.Setter{rawPeerAddress(netip.MustParseAddrPort("[::ffff:127.0.0.1]:5000"))}, 403},
		{"ChannelBind for loopback", ready, stun.MethodChannelBind, []stun.Setter{channelNumber(0x4000), peerAddress(loopback)}, 403},
		{"ChannelBind to port 0", ready, stun.MethodChannelBind, []stun.Setter{channelNumber(0x4000), peerAddress(netip.AddrPortFrom(peer.Addr(), 0))}, 403},
		{"ChannelBind to a low port", ready, stun.MethodChannelBind, []stun.Setter{channelNumber(0x4000), peerAddress(netip.AddrPortFrom(peer.Addr(), 53))}, 403},
		{"ChannelBind to 443", ready, stun.MethodChannelBind, []stun.Setter{channelNumber(0x4000), peerAddress(netip.AddrPortFrom(peer.Addr(), 443))}, 0},
		{"ChannelBind below the range", ready, stun.MethodChannelBind, []stun.Setter{channelNumber(0x3FFF), peerAddress(peer)}, 400},
		{"ChannelBind above the range", ready, stun.MethodChannelBind, []stun.Setter{channelNumber(0x8000), peerAddress(peer)}, 400},
		{"ChannelBind without number", ready, stun.MethodChannelBind, []stun.Setter{peerAddress(peer)}, 400},
		{"ChannelBind without peer", ready, stun.MethodChannelBind, []stun.Setter{channelNumber(0x4000)}, 400},
		{"Refresh", ready, stun.MethodRefresh, nil, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, nil)
			c := tt.setup(w)
			c.fingerprint = true
			req := c.build(tt.method, tt.attrs...)
			res := c.once(req)
			if got := code(res); got != tt.want {
				t.Fatalf("got %d, want %d", got, tt.want)
			}
			key := algorithmMD5.key(c.username, testRealm, c.password)
			if err := stun.MessageIntegrity(key).Check(res); err != nil {
				t.Errorf("the answer to an authenticated request is not protected: %v", err)
			}
			if err := stun.Fingerprint.Check(res); err != nil {
				t.Errorf("fingerprint is not mirrored: %v", err)
			}
			if got := code(c.once(req)); got != tt.want {
				t.Errorf("the retransmission got %d, want %d", got, tt.want)
			}
		})
	}
}

func TestShutdownEndsEverything(t *testing.T) {
	w := newWorld(t, nil)
	w.client(alice, "alice").allocate()
	w.client(bob, "bob").allocate()
	w.do(w.core.Shutdown(w.now))
	w.checkEmpty()
	if w.began != 2 || w.ended != 2 {
		t.Errorf("%d began, %d ended", w.began, w.ended)
	}
}

func TestGarbageIsDroppedAndCounted(t *testing.T) {
	w := newWorld(t, nil)
	c := w.client(alice, "alice")
	c.allocate()
	valid := c.build(stun.MethodRefresh).Raw
	lying := bytes.Clone(valid)
	lying[3]++
	noCookie := bytes.Clone(valid)
	noCookie[4] ^= 1
	response := c.build(stun.MethodRefresh)
	response.SetType(stun.NewType(stun.MethodRefresh, stun.ClassSuccessResponse))
	badFingerprint := stun.MustBuild(stun.TransactionID, stun.BindingRequest, stun.Fingerprint).Raw
	badFingerprint[len(badFingerprint)-1] ^= 1
	for name, tt := range map[string]struct {
		data []byte
		want Drop
	}{
		"empty":            {nil, DropGarbage},
		"one byte":         {[]byte{0}, DropGarbage},
		"neither":          {bytes.Repeat([]byte{0xFF}, 40), DropGarbage},
		"length lies":      {lying, DropMalformed},
		"trailing bytes":   {append(bytes.Clone(valid), 0, 0, 0, 0), DropMalformed},
		"no cookie":        {noCookie, DropMalformed},
		"response":         {response.Raw, DropUnexpected},
		"fingerprint":      {badFingerprint, DropMalformed},
		"unknown method":   {stun.MustBuild(stun.TransactionID, stun.NewType(0x55, stun.ClassRequest)).Raw, DropMethod},
		"unbound channel":  {[]byte{0x40, 0, 0, 0}, DropNoChannel},
		"channel too long": {[]byte{0x40, 0, 0, 9, 1}, DropLength},
	} {
		before := w.core.Counters().Drops[tt.want]
		if got := w.send(c.tuple, tt.data); len(got) != 0 {
			t.Errorf("%s: answered", name)
		}
		if w.core.Counters().Drops[tt.want] != before+1 {
			t.Errorf("%s: not counted as %s", name, tt.want)
		}
	}
}

// checkEmpty fails if any state is left, in the core or at its edge.
func (w *world) checkEmpty() {
	w.t.Helper()
	c := w.core
	if len(c.clients)+len(c.relays)+len(c.mobile)+len(c.untold)+len(c.public) != 0 {
		w.t.Errorf("left in the core: %d clients, %d relays, %d addresses", len(c.clients), len(c.relays), len(c.public))
	}
	for i, a := range c.wheel.slots {
		if a != nil {
			w.t.Errorf("left in slot %d of the wheel", i)
		}
	}
	r := c.registry
	if r.total != 0 || len(r.users) != 0 || len(r.addresses) != 0 {
		w.t.Errorf("left in the registry: %d, %v, %v", r.total, r.users, r.addresses)
	}
	for _, ip := range []netip.Addr{relayIP, relayIP6} {
		if ports := r.ports(ip); *ports != (relayPorts{}) {
			w.t.Errorf("a port of %v is still live", ip)
		}
	}
	if len(w.relays) != 0 || len(w.bound) != 0 || len(w.reserved) != 0 || len(c.held) != 0 || len(r.reserved) != 0 {
		w.t.Errorf("left at the edge: %d relays, %d channels, %d reserved", len(w.relays), len(w.bound), len(w.reserved))
	}
}

func firstRelay(w *world) RelayID {
	for id := range w.relays {
		return id
	}
	w.t.Fatal("no relay")
	return 0
}

func last(list [][]byte) []byte {
	if len(list) == 0 {
		return nil
	}
	return list[len(list)-1]
}
