package turn

import (
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

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
