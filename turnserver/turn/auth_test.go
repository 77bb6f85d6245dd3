package turn

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

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
