package turn

import (
	"net/netip"
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

// modern builds a request as a client of RFC 8489 does, with whatever change spoils of it.
type modern struct {
	*client
	algorithm algorithm
	sha256    bool   // MESSAGE-INTEGRITY-SHA256 in place of MESSAGE-INTEGRITY
	both      bool   // both of them
	list      []byte // PASSWORD-ALGORITHMS
	choice    bool   // PASSWORD-ALGORITHM is sent
	userhash  bool
	size      int // of the SHA-256 MAC
}

func (m modern) build(method stun.Method, attrs ...stun.Setter) *stun.Message {
	b := stun.New()
	b.Type = stun.NewType(method, stun.ClassRequest)
	b.TransactionID = newID()
	b.WriteHeader()
	for _, a := range attrs {
		_ = a.AddTo(b)
	}
	if m.userhash {
		h := userhash(m.username, testRealm)
		b.Add(stun.AttrUserhash, h[:])
	} else {
		b.Add(stun.AttrUsername, []byte(m.username))
	}
	b.Add(stun.AttrRealm, []byte(testRealm))
	b.Add(stun.AttrNonce, m.nonce)
	if m.list != nil {
		b.Add(stun.AttrPasswordAlgorithms, m.list)
	}
	if m.choice {
		b.Add(stun.AttrPasswordAlgorithm, []byte{0, byte(m.algorithm), 0, 0})
	}
	key := m.algorithm.key(m.username, testRealm, m.password)
	if !m.sha256 || m.both {
		_ = stun.MessageIntegrity(key).AddTo(b)
	}
	if m.sha256 {
		b.Add(stun.AttrMessageIntegritySHA256, macSHA256(key, b.Raw, m.size))
	}
	return b
}

// offered gets a challenge with room for the choice of algorithms.
func (w *world) offered(t *testing.T, user string) (c *client, list []byte) {
	c = w.client(alice, user)
	res := c.once(c.build(stun.MethodAllocate, udpTransport, stun.NewSoftware("a browser of some length")))
	list, err := res.Get(stun.AttrPasswordAlgorithms)
	if err != nil {
		t.Fatal("no PASSWORD-ALGORITHMS though there is room")
	}
	c.nonce = must(res.Get(stun.AttrNonce))
	return c, list
}

func TestSHA256IsServedBesideSHA1(t *testing.T) {
	for name, set := range map[string]func(*modern){
		"MD5 key, SHA-1":         func(m *modern) {},
		"MD5 key, SHA-256":       func(m *modern) { m.sha256 = true },
		"SHA-256 key, SHA-1":     func(m *modern) { m.algorithm = algorithmSHA256 },
		"SHA-256 key, SHA-256":   func(m *modern) { m.algorithm, m.sha256 = algorithmSHA256, true },
		"both MACs":              func(m *modern) { m.algorithm, m.sha256, m.both = algorithmSHA256, true, true },
		"truncated to 16 bytes":  func(m *modern) { m.sha256, m.size = true, 16 },
		"no choice, as of old":   func(m *modern) { m.list, m.choice = nil, false },
		"no choice, but SHA-256": func(m *modern) { m.list, m.choice, m.sha256 = nil, false, true },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			c, list := w.offered(t, "alice")
			m := modern{client: c, algorithm: algorithmMD5, list: list, choice: true, size: 32}
			set(&m)
			for _, req := range []*stun.Message{m.build(stun.MethodAllocate, udpTransport), m.build(stun.MethodRefresh), m.build(stun.MethodCreatePermission, peerAddress(peer))} {
				res := c.once(req)
				if got := code(res); got != 0 {
					t.Fatalf("%s: %d", req.Type, got)
				}
				key := m.algorithm.key(m.username, testRealm, m.password)
				var r request
				if !r.parse(c.tuple, last(w.toClient[c.tuple])) || !r.verify(key) {
					t.Error("the answer does not verify")
				}
				if got := r.Contains(stun.AttrMessageIntegritySHA256); got != m.sha256 {
					t.Errorf("answered with SHA-256: %v, asked with: %v", got, m.sha256)
				}
			}
		})
	}
}

func TestBidDownIsRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		set  func(*modern)
		want int
	}{
		"a list that was cut":     {func(m *modern) { m.list = []byte{0, 1, 0, 0} }, 400},
		"a choice without list":   {func(m *modern) { m.list = nil }, 400},
		"a list without choice":   {func(m *modern) { m.choice = false }, 400},
		"an unknown algorithm":    {func(m *modern) { m.algorithm = 7 }, 400},
		"cookie taken from nonce": {func(m *modern) { m.nonce = m.nonce[len(nonceCookie)+4:] }, 438},
		"other features":          {func(m *modern) { m.nonce = append([]byte(nonceCookie+"wAAA"), m.nonce[len(nonceCookie)+4:]...) }, 438},
		"MAC too short":           {func(m *modern) { m.sha256, m.size = true, 12 }, 400},
		"wrong password":          {func(m *modern) { m.sha256, m.password = true, "wrong" }, 401},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, nil)
			c, list := w.offered(t, "alice")
			m := modern{client: c, algorithm: algorithmSHA256, list: list, choice: true, size: 32}
			tt.set(&m)
			if got := code(c.once(m.build(stun.MethodAllocate, udpTransport))); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

func withUsers(cfg *Config) {
	cfg.Credentials = NewCredentials(Credentials{Realm: testRealm, Users: map[string]string{"carol": "a password"}})
}

func TestUsersWithPasswordsAreServedBesideSecrets(t *testing.T) {
	w := newWorld(t, func(cfg *Config) {
		cfg.Credentials = NewCredentials(Credentials{Realm: testRealm, Secrets: [][]byte{[]byte(testSecret)}, TTL: time.Hour, Users: map[string]string{"carol": "a password"}})
	})
	w.client(alice, "alice").allocate()
	c := w.client(bob, "")
	c.username, c.password = "carol", "a password"
	c.allocate()
	if got := w.core.clients[c.tuple].account.name; got != "carol" {
		t.Errorf("accounted to %q", got)
	}
}

func TestUserhashStandsForTheName(t *testing.T) {
	w := newWorld(t, withUsers)
	c := &client{world: w, tuple: FiveTuple{Client: alice, Server: serverAddr}, username: "carol", password: "a password"}
	res := c.once(c.build(stun.MethodAllocate, udpTransport, stun.NewSoftware("a browser of some length")))
	c.nonce = must(res.Get(stun.AttrNonce))
	if f, ok := w.core.nonces.valid(c.nonce, c.tuple, w.now); !ok || f&usernameAnonymity == 0 {
		t.Error("the nonce does not say that USERHASH may be used")
	}
	m := modern{client: c, algorithm: algorithmSHA256, list: must(res.Get(stun.AttrPasswordAlgorithms)), choice: true, sha256: true, size: 32, userhash: true}
	if got := code(c.once(m.build(stun.MethodAllocate, udpTransport))); got != 0 {
		t.Fatalf("got %d", got)
	}
	if got := code(c.once(m.build(stun.MethodRefresh))); got != 0 {
		t.Errorf("refresh: %d", got)
	}
	m.username = "dave"
	if got := code(c.once(m.build(stun.MethodRefresh))); got != 401 {
		t.Errorf("a hash of nobody: %d, want 401", got)
	}
}

func TestUserhashIsNotOfferedWhereNamesAreSigned(t *testing.T) {
	w := newWorld(t, nil)
	c, _ := w.offered(t, "alice")
	if f, _ := w.core.nonces.valid(c.nonce, c.tuple, w.now); f&usernameAnonymity != 0 {
		t.Error("offered")
	}
}

func TestRevokedUserIsOutUntilNewCredentials(t *testing.T) {
	w := newWorld(t, nil)
	c, d := w.client(alice, "alice"), w.client(bob, "bob")
	c.allocate()
	d.allocate()
	w.registry.Revoke("alice", time.Hour, w.now)
	w.do(w.core.Disconnect(w.now, "alice"))
	if len(w.relays) != 1 {
		t.Errorf("%d relays are left, want bob's", len(w.relays))
	}
	if got := c.refresh(600); got != 401 {
		t.Errorf("refresh with the old credential: %d, want 401", got)
	}
	w.wait(2 * time.Second)
	c.username, c.password, _ = w.core.credentials.Sign("alice", 0, w.now)
	c.allocate()
}

func TestLongestSessionEnds(t *testing.T) {
	w := newWorld(t, func(cfg *Config) { cfg.MaxSession = 25 * time.Minute })
	c := w.client(alice, "alice")
	c.allocate()
	for range 5 {
		w.wait(5*time.Minute - 2*time.Second)
		if got := c.refresh(600); got != 0 {
			t.Fatalf("refresh: %d", got)
		}
	}
	w.wait(15 * time.Second)
	w.checkEmpty()
	if got := c.refresh(600); got != 437 {
		t.Errorf("refresh afterwards: %d, want 437", got)
	}
}

// The user hash of RFC 8489 B.1.
func TestRFC8489UserhashVector(t *testing.T) {
	want := unhex("4a3cf38fef6992bda952c6780417da0f24819415569e60b205c46e41407f1704")
	if got := userhash("マトリックス", "example.org"); string(got[:]) != string(want) {
		t.Errorf("got % x, want % x", got, want)
	}
}

func TestNoncesOfOneHostDifferButServeItsOtherStreams(t *testing.T) {
	w := newWorld(t, nil)
	a := FiveTuple{Client: alice, Transport: TCP, Conn: 1}
	b := FiveTuple{Client: netip.AddrPortFrom(alice.Addr(), 40001), Transport: TLS, Conn: 2}
	n, m := w.core.nonces.make(a, w.now, 0), w.core.nonces.make(b, w.now, 0)
	if string(n) == string(m) {
		t.Error("two streams got the same nonce")
	}
	if _, ok := w.core.nonces.valid(n, b, w.now); !ok {
		t.Error("the nonce is of no use on the client's next stream")
	}
	if _, ok := w.core.nonces.valid(n, FiveTuple{Client: bob, Transport: TCP}, w.now); ok {
		t.Error("another host may use it")
	}
	if _, ok := w.core.nonces.valid(n, FiveTuple{Client: alice}, w.now); ok {
		t.Error("it serves over UDP, too")
	}
}
