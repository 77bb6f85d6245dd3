package turn

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

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

// challenge gets a nonce.
func (c *client) challenge() {
	c.nonce = nil
	res := c.once(c.build(stun.MethodAllocate, udpTransport))
	if code(res) != 401 {
		c.t.Fatalf("got %d, want 401", code(res))
	}
	c.nonce = must(res.Get(stun.AttrNonce))
}

func TestRefusedCredentialsAreAnsweredByAFreshChallenge(t *testing.T) {
	tests := map[string]struct {
		change func(*client)
		want   int
	}{
		"wrong password":                {func(c *client) { c.password = "wrong" }, 401},
		"name without expiry":           {func(c *client) { c.username = "alice" }, 401},
		"expired":                       {func(c *client) { c.username, c.password, _ = c.core.credentials.Sign("alice", -time.Second, c.now) }, 401},
		"expiry pushed into the future": {func(c *client) { c.username = "9999999999:alice" }, 401},
		"empty name":                    {func(c *client) { c.username = "" }, 401},
		"a colon alone":                 {func(c *client) { c.username = ":" }, 401},
		"nonce of somebody else":        {func(c *client) { c.nonce = c.core.nonces.make(FiveTuple{Client: bob}, c.now, 0) }, 438},
		"nonce from nowhere":            {func(c *client) { c.nonce = []byte("AAAAAAAAAAAAAAAAAAAA") }, 438},
		"nonce an hour old": {func(c *client) {
			c.wait(time.Hour + time.Minute)
			c.username, c.password, _ = c.core.credentials.Sign("alice", 0, c.now)
		}, 438},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			c := w.client(alice, "alice")
			c.challenge()
			tt.change(c)
			res := c.once(c.build(stun.MethodAllocate, udpTransport))
			if got := code(res); got != tt.want {
				t.Fatalf("got %d, want %d", got, tt.want)
			}
			if string(must(res.Get(stun.AttrRealm))) != testRealm {
				t.Error("no realm")
			}
			if _, ok := w.core.nonces.valid(must(res.Get(stun.AttrNonce)), c.tuple, w.now); !ok {
				t.Error("the new nonce is of no use")
			}
			if len(w.core.clients) != 0 || w.core.registry.total != 0 {
				t.Error("state was left")
			}
		})
	}
}

func TestIncompleteCredentialsAreABadRequest(t *testing.T) {
	for _, missing := range []stun.AttrType{stun.AttrUsername, stun.AttrRealm, stun.AttrNonce} {
		w := newWorld(t, nil)
		c := w.client(alice, "alice")
		c.challenge()
		m := stun.New()
		m.Type = stun.NewType(stun.MethodAllocate, stun.ClassRequest)
		m.WriteHeader()
		for typ, v := range map[stun.AttrType][]byte{stun.AttrUsername: []byte(c.username), stun.AttrRealm: []byte(testRealm), stun.AttrNonce: c.nonce} {
			if typ != missing {
				m.Add(typ, v)
			}
		}
		key := algorithmMD5.key(c.username, testRealm, c.password)
		_ = stun.MessageIntegrity(key).AddTo(m)
		if got := code(c.once(m)); got != 400 {
			t.Errorf("without %s: got %d, want 400", missing, got)
		}
	}
}

func TestNothingAfterMessageIntegrityCounts(t *testing.T) {
	w := newWorld(t, nil)
	c := w.client(alice, "alice")
	c.allocate()
	m := c.build(stun.MethodCreatePermission)
	addAddress(m, stun.AttrXORPeerAddress, peer)
	if got := code(c.once(m)); got != 400 {
		t.Errorf("got %d, want 400, as if the peer were not there", got)
	}
	good := netip.MustParseAddrPort("9.9.9.9:5000")
	m = c.build(stun.MethodCreatePermission, peerAddress(good))
	addAddress(m, stun.AttrXORPeerAddress, peer)
	if got := code(c.once(m)); got != 0 {
		t.Fatalf("got %d", got)
	}
	c.sendIndication(peer, []byte("x"))
	if len(w.toPeer) != 0 {
		t.Error("a permission that was appended behind the integrity counted")
	}
}

func TestUserNamesOfRealProductsAreAccepted(t *testing.T) {
	for _, tt := range []struct{ user, account string }{
		{"alice", "alice"},
		{"@alice:example.org", "@alice:example.org"}, // Synapse
		{"dm8Gs0Xfa3", "dm8Gs0Xfa3"},                 // Nextcloud Talk
		{"alice@example.org", "alice@example.org"},
		{"", alice.Addr().String()},
	} {
		w := newWorld(t, nil)
		c := w.client(alice, tt.user)
		c.allocate()
		if got := w.core.clients[c.tuple].account.name; got != tt.account {
			t.Errorf("%q is accounted to %q, want %q", tt.user, got, tt.account)
		}
	}
	// Prosody without a user sends the expiry alone.
	w := newWorld(t, nil)
	c := w.client(alice, "")
	c.username = c.username[:len(c.username)-1]
	c.password = restPassword([]byte(testSecret), c.username)
	c.allocate()
}

func TestEverySecretVerifies(t *testing.T) {
	w := newWorld(t, func(cfg *Config) {
		cfg.Credentials = NewCredentials(Credentials{Realm: testRealm, Secrets: [][]byte{[]byte("the new secret of today"), []byte(testSecret)}, TTL: time.Hour})
	})
	c := w.client(alice, "alice")
	if c.password != restPassword([]byte("the new secret of today"), c.username) {
		t.Error("not signed by the first")
	}
	c.allocate()
	d := w.client(bob, "bob")
	d.password = restPassword([]byte(testSecret), d.username)
	d.allocate()
}

func TestExpiryEndsNewAllocationsButNotLiveOnes(t *testing.T) {
	w := newWorld(t, nil)
	c := w.client(alice, "alice")
	c.allocate()
	for range 15 { // 75 minutes; the credential lives for 60
		w.wait(5 * time.Minute)
		res := c.once(c.build(stun.MethodRefresh))
		if code(res) == 438 {
			c.nonce = must(res.Get(stun.AttrNonce))
			res = c.once(c.build(stun.MethodRefresh))
		}
		if code(res) != 0 {
			t.Fatalf("refresh: %d after %v", code(res), w.now.Sub(testStart))
		}
	}
	if got := c.permit(peer); got != 0 {
		t.Errorf("permission: %d", got)
	}
	d := w.client(bob, "bob")
	d.username, d.password = c.username, c.password
	d.challenge()
	if got := code(d.once(d.build(stun.MethodAllocate, udpTransport))); got != 401 {
		t.Errorf("a new allocation with the expired credential: %d, want 401", got)
	}
}

func TestStrictExpiryEndsLiveAllocationsToo(t *testing.T) {
	w := newWorld(t, func(cfg *Config) { cfg.Credentials.Strict = true; cfg.Credentials.TTL = 3 * time.Minute })
	c := w.client(alice, "alice")
	c.allocate()
	w.wait(2 * time.Minute)
	if got := c.refresh(600); got != 0 {
		t.Fatalf("refresh before expiry: %d", got)
	}
	w.wait(2 * time.Minute)
	if got := c.refresh(600); got != 401 {
		t.Errorf("refresh after expiry: %d, want 401", got)
	}
}

func TestRotatedSecretsKeepLiveAllocations(t *testing.T) {
	w := newWorld(t, nil)
	c := w.client(alice, "alice")
	c.allocate()
	w.core.SetCredentials(NewCredentials(Credentials{Realm: testRealm, Secrets: [][]byte{[]byte("another secret, sixteen bytes")}, TTL: time.Hour}))
	if got := c.refresh(600); got != 0 {
		t.Errorf("refresh: %d", got)
	}
}

func TestSomebodyElsesRefreshOnMyFiveTupleIsRefused(t *testing.T) {
	w := newWorld(t, nil)
	c := w.client(alice, "alice")
	c.allocate()
	mallory := w.client(alice, "mallory")
	if got := mallory.refresh(0); got != 441 {
		t.Errorf("got %d, want 441", got)
	}
	if got := c.refresh(600); got != 0 {
		t.Errorf("my allocation is gone: %d", got)
	}
}

func TestRetransmissionGetsTheSameAnswerAndChangesNothing(t *testing.T) {
	w := newWorld(t, nil)
	c := w.client(alice, "alice")
	c.challenge()
	m := c.build(stun.MethodAllocate, udpTransport)
	first := c.send(c.tuple, m.Raw)
	again := c.send(c.tuple, m.Raw)
	if len(first) != 1 || len(again) != 1 || !bytes.Equal(first[0], again[0]) {
		t.Fatal("the answers differ")
	}
	if w.core.Allocations() != 1 || len(w.relays) != 1 || w.core.registry.total != 1 {
		t.Error("the retransmission acted")
	}
	// A deleted allocation stays deleted, and the answer the same.
	m = c.build(stun.MethodRefresh, lifetime(0))
	first, again = c.send(c.tuple, m.Raw), c.send(c.tuple, m.Raw)
	if !bytes.Equal(first[0], again[0]) || w.core.Allocations() != 0 {
		t.Error("the answers to the last Refresh differ")
	}
	w.wait(answerLifetime + time.Second)
	if len(w.core.answers.byKey) != 0 || w.core.answers.queue != nil {
		t.Error("answers are kept for ever")
	}
}

func TestAllocateIsAnsweredOnceTheRelayIsOpen(t *testing.T) {
	w := newWorld(t, nil)
	w.slow = true
	c := w.client(alice, "alice")
	c.challenge()
	m := c.build(stun.MethodAllocate, udpTransport)
	if got := c.send(c.tuple, m.Raw); len(got) != 0 {
		t.Fatal("answered before the relay is there")
	}
	if got := c.send(c.tuple, m.Raw); len(got) != 0 {
		t.Fatal("the retransmission was answered before the relay is there")
	}
	before := len(w.toClient[c.tuple])
	w.open()
	if got := w.toClient[c.tuple][before:]; len(got) != 1 || code(c.decode(got[0], m)) != 0 {
		t.Fatalf("got %d answers", len(got))
	}
}

func TestClientThatGoesWhileItsRelayOpensLeavesNothing(t *testing.T) {
	w := newWorld(t, nil)
	w.slow = true
	c := w.client(alice, "alice")
	c.tuple.Transport, c.tuple.Conn = TCP, 1
	c.challenge()
	c.send(c.tuple, c.build(stun.MethodAllocate, udpTransport).Raw)
	w.do(w.core.Closed(w.now, c.tuple))
	w.open()
	w.checkEmpty()
}

func TestNoRelayPortIsInsufficientCapacity(t *testing.T) {
	w := newWorld(t, nil)
	w.full = true
	c := w.client(alice, "alice")
	if got := code(c.request(stun.MethodAllocate, udpTransport)); got != 508 {
		t.Errorf("got %d, want 508", got)
	}
	w.checkEmpty()
}

func TestQuotas(t *testing.T) {
	addr := func(i int) netip.AddrPort { return netip.AddrPortFrom(alice.Addr(), uint16(40000+i)) }
	tests := map[string]struct {
		limits Limits
		want   int
	}{
		"per user":    {Limits{PerUser: 2}, 486},
		"per address": {Limits{PerAddress: 2}, 486},
		"in all":      {Limits{Total: 2}, 508},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorldWithLimits(t, tt.limits, nil)
			var clients []*client
			for i := range 2 {
				c := w.client(addr(i), "alice")
				c.allocate()
				clients = append(clients, c)
			}
			third := w.client(addr(2), "alice")
			third.challenge()
			if got := code(third.once(third.build(stun.MethodAllocate, udpTransport))); got != tt.want {
				t.Fatalf("got %d, want %d", got, tt.want)
			}
			clients[0].refresh(0)
			if got := code(third.once(third.build(stun.MethodAllocate, udpTransport))); got != 0 {
				t.Errorf("after one is given up: %d", got)
			}
		})
	}
}

func TestUsersAreCountedByNameNotByTimestamp(t *testing.T) {
	w := newWorldWithLimits(t, Limits{PerUser: 1}, nil)
	w.client(alice, "alice").allocate()
	w.now = w.now.Add(time.Minute)
	c := w.client(bob, "alice")
	c.challenge()
	if got := code(c.once(c.build(stun.MethodAllocate, udpTransport))); got != 486 {
		t.Errorf("got %d, want 486", got)
	}
}

func TestPermissionsAndChannelsAreCapped(t *testing.T) {
	w := newWorld(t, func(cfg *Config) { cfg.MaxPermissions = 3 })
	c := w.client(alice, "alice")
	c.allocate()
	p := func(i byte) netip.AddrPort { return netip.AddrPortFrom(netip.AddrFrom4([4]byte{9, 9, 9, i}), 5000) }
	// All or none: four at once do not fit.
	if got := code(c.request(stun.MethodCreatePermission, peerAddress(p(1)), peerAddress(p(2)), peerAddress(p(3)), peerAddress(p(4)))); got != 508 {
		t.Errorf("four at once: %d, want 508", got)
	}
	if n := len(w.core.clients[c.tuple].permissions); n != 0 {
		t.Errorf("%d of four were installed", n)
	}
	for i := range byte(3) {
		if got := c.permit(p(i)); got != 0 {
			t.Fatalf("permission %d: %d", i, got)
		}
	}
	if got := c.permit(p(9)); got != 508 {
		t.Errorf("the fourth: %d, want 508", got)
	}
	if got := c.permit(p(1)); got != 0 {
		t.Errorf("refreshing one when full: %d", got)
	}
	for i := range uint16(3) {
		if got := c.bind(0x4000+i, netip.AddrPortFrom(p(0).Addr(), 5000+i)); got != 0 {
			t.Fatalf("channel %d: %d", i, got)
		}
	}
	if got := c.bind(0x4003, netip.AddrPortFrom(p(0).Addr(), 6000)); got != 508 {
		t.Errorf("the fourth channel: %d, want 508", got)
	}
}

func TestChannelAndPeerAreBoundToOneAnotherOnly(t *testing.T) {
	w := newWorld(t, nil)
	c := w.client(alice, "alice")
	c.allocate()
	other := netip.MustParseAddrPort("9.9.9.9:5000")
	if got := c.bind(0x4000, peer); got != 0 {
		t.Fatal(got)
	}
	if got := c.bind(0x4000, other); got != 400 {
		t.Errorf("same number, other peer: %d, want 400", got)
	}
	if got := c.bind(0x4001, peer); got != 400 {
		t.Errorf("same peer, other number: %d, want 400", got)
	}
	if got := c.bind(0x4000, peer); got != 0 {
		t.Errorf("binding again refreshes: %d", got)
	}
	if len(w.bound) != 1 {
		t.Errorf("announced: %v", w.bound)
	}
}

func TestLifetimesAreThoseOfTheRFC(t *testing.T) {
	for _, tt := range []struct{ asked, want uint32 }{{0, 600}, {60, 600}, {1800, 1800}, {3600, 3600}, {1 << 31, 3600}} {
		w := newWorld(t, nil)
		c := w.client(alice, "alice")
		res := c.request(stun.MethodAllocate, udpTransport, lifetime(tt.asked))
		r := request{Message: *res}
		if got, _, _ := r.uint32Attr(stun.AttrLifetime); got != tt.want {
			t.Errorf("asked for %d, got %d, want %d", tt.asked, got, tt.want)
		}
		w.wait(time.Duration(tt.want)*time.Second - 2*time.Second)
		if w.core.Allocations() != 1 {
			t.Errorf("%d: gone before its time", tt.asked)
		}
		w.wait(4 * time.Second)
		w.checkEmpty()
	}
}

func TestPermissionEndsAfterFiveMinutesAndChannelAfterTen(t *testing.T) {
	w := newWorld(t, nil)
	c := w.client(alice, "alice")
	c.allocate(lifetime(3600))
	c.bind(0x4000, peer)
	id := firstRelay(w)
	relays := func() bool {
		n, m := len(w.toPeer), len(w.toClient[c.tuple])
		c.channelData(0x4000, []byte("x"))
		w.do(w.core.Peer(w.now, id, peer, []byte("y")))
		up, down := len(w.toPeer) > n, len(w.toClient[c.tuple]) > m
		if up != down {
			t.Errorf("relayed up %v, down %v", up, down)
		}
		return up
	}
	w.wait(PermissionLifetime - time.Second)
	if !relays() {
		t.Error("not relayed before five minutes")
	}
	w.now = w.now.Add(time.Second) // without a tick: the deadline counts, not the sweep
	if relays() {
		t.Error("relayed after the permission")
	}
	c.permit(peer)
	if !relays() {
		t.Error("not relayed with a new permission")
	}
	w.wait(4 * time.Minute)
	c.permit(peer)
	w.wait(time.Minute + time.Second)
	n := len(w.toPeer)
	c.channelData(0x4000, []byte("x"))
	if len(w.toPeer) != n {
		t.Error("relayed after the channel")
	}
	if len(w.bound) != 0 {
		t.Error("the data path still has the channel")
	}
}

func TestClosedStreamEndsItsAllocation(t *testing.T) {
	w := newWorld(t, nil)
	c := w.client(alice, "alice")
	c.tuple.Transport, c.tuple.Conn = TCP, 1
	c.allocate()
	w.do(w.core.Closed(w.now, c.tuple))
	w.checkEmpty()
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

func TestUnauthenticatedAnswersAreSmall(t *testing.T) {
	w := newWorld(t, nil)
	c := w.client(alice, "alice")
	for _, withFingerprint := range []bool{false, true} {
		c.fingerprint = withFingerprint
		for _, m := range []*stun.Message{c.build(stun.MethodAllocate, udpTransport), c.build(stun.MethodAllocate), c.build(stun.MethodBinding), c.build(stun.MethodRefresh)} {
			got := c.send(c.tuple, m.Raw)
			if limit := max(28, len(m.Raw)) * 24 / 10; len(got) != 1 || len(got[0]) > limit {
				t.Errorf("%s of %d bytes (fingerprint %v) is answered with %d, more than %d", m.Type, len(m.Raw), withFingerprint, len(got[0]), limit)
			}
		}
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
