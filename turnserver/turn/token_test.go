package turn

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

const testTokenServer = "turn.example.org"

var testTokenKeys = map[string][]byte{"north": bytes.Repeat([]byte{1}, 32), "union": bytes.Repeat([]byte{2}, 16)}

func withTokens(cfg *Config) {
	cfg.Credentials.Tokens = must(NewTokens(testTokenServer, testTokenKeys))
}

// seal makes a token.
func seal(id, server string, key []byte, made time.Time, lifetime time.Duration) []byte {
	plain := binary.BigEndian.AppendUint16(nil, uint16(len(key)))
	plain = append(plain, key...)
	plain = binary.BigEndian.AppendUint64(plain, uint64(made.Unix())<<16)
	plain = binary.BigEndian.AppendUint32(plain, uint32(lifetime/time.Second))
	nonce := []byte("twelve bytes")
	token := append(binary.BigEndian.AppendUint16(nil, uint16(len(nonce))), nonce...)
	return must(cipher.NewGCM(must(aes.NewCipher(testTokenKeys[id])))).Seal(token, nonce, plain, []byte(server))
}

// A tokenClient has a key of its own in place of a password.
type tokenClient struct {
	*client
	id  string
	key []byte
}

func (w *world) tokenClient() *tokenClient {
	c := &tokenClient{w.client(alice, ""), "north", bytes.Repeat([]byte("k"), 20)}
	c.challenge()
	return c
}

func (c *tokenClient) token(lifetime time.Duration) stun.Setter {
	return attr(attrAccessToken, seal(c.id, testTokenServer, c.key, c.now, lifetime))
}

func (c *tokenClient) ask(method stun.Method, attrs ...stun.Setter) *stun.Message {
	c.t.Helper()
	m := stun.New()
	m.Type = stun.NewType(method, stun.ClassRequest)
	m.TransactionID = newID()
	m.WriteHeader()
	for _, a := range append(attrs, stun.NewUsername(c.id), stun.NewRealm(testRealm), stun.NewNonce(string(c.nonce)), stun.MessageIntegrity(c.key)) {
		if err := a.AddTo(m); err != nil {
			c.t.Fatal(err)
		}
	}
	res := c.once(m)
	if code(res) != 401 && code(res) != 438 {
		if err := stun.MessageIntegrity(c.key).Check(res); err != nil {
			c.t.Errorf("%s: the answer is not protected: %v", method, err)
		}
	}
	return res
}

func lifetimeOf(m *stun.Message) time.Duration {
	r := request{Message: *m}
	v, _, _ := r.uint32Attr(stun.AttrLifetime)
	return time.Duration(v) * time.Second
}

func TestTokenOpensTheRelayForAsLongAsItIsGood(t *testing.T) {
	w := newWorld(t, withTokens)
	c := w.tokenClient()
	res := c.ask(stun.MethodAllocate, udpTransport, c.token(5*time.Minute))
	if code(res) != 0 || lifetimeOf(res) != 5*time.Minute+tokenSlop {
		t.Fatalf("got %d, for %v", code(res), lifetimeOf(res))
	}
	// What comes between needs no token.
	if got := code(c.ask(stun.MethodCreatePermission, peerAddress(peer))); got != 0 {
		t.Errorf("permission: %d", got)
	}
	w.wait(4 * time.Minute)
	if res := c.ask(stun.MethodRefresh); code(res) != 0 || lifetimeOf(res) != time.Minute+tokenSlop {
		t.Errorf("refresh without a new one: %d, for %v", code(res), lifetimeOf(res))
	}
	// Another token brings another key, and may be sealed by another.
	c.id, c.key = "union", bytes.Repeat([]byte("n"), 20)
	if res := c.ask(stun.MethodRefresh, c.token(time.Hour)); code(res) != 0 || lifetimeOf(res) != 10*time.Minute {
		t.Errorf("refresh with a new one: %d, for %v", code(res), lifetimeOf(res))
	}
	if got := code(c.ask(stun.MethodChannelBind, channelNumber(0x4000), peerAddress(peer))); got != 0 {
		t.Errorf("by the new key: %d", got)
	}
	c.id, c.key = "north", bytes.Repeat([]byte("k"), 20)
	if got := code(c.ask(stun.MethodCreatePermission, peerAddress(peer))); got != 401 {
		t.Errorf("by the old key: %d, want 401", got)
	}
	w.outlive()
	w.checkEmpty()
}

func TestTokenThatIsNotGoodIsRefused(t *testing.T) {
	now := testStart
	key := bytes.Repeat([]byte("k"), 20)
	for name, token := range map[string][]byte{
		"none":                     nil,
		"empty":                    {},
		"expired":                  seal("north", testTokenServer, key, now.Add(-time.Hour), 59*time.Minute),
		"of the future":            seal("north", testTokenServer, key, now.Add(time.Hour), time.Minute),
		"for another server":       seal("north", "other.example.org", key, now, time.Hour),
		"sealed by another key":    seal("union", testTokenServer, key, now, time.Hour),
		"with another key inside":  seal("north", testTokenServer, bytes.Repeat([]byte("x"), 20), now, time.Hour),
		"with a short key inside":  seal("north", testTokenServer, key[:8], now, time.Hour),
		"cut off":                  seal("north", testTokenServer, key, now, time.Hour)[:40],
		"with a lying length":      append([]byte{0xFF, 0xFF}, seal("north", testTokenServer, key, now, time.Hour)[2:]...),
		"with a nonce of 11 bytes": append([]byte{0, 11}, seal("north", testTokenServer, key, now, time.Hour)[3:]...),
	} {
		w := newWorld(t, withTokens)
		c := w.tokenClient()
		attrs := []stun.Setter{udpTransport}
		if token != nil {
			attrs = append(attrs, attr(attrAccessToken, token))
		}
		if res := c.ask(stun.MethodAllocate, attrs...); code(res) != 401 || !res.Contains(stun.AttrNonce) {
			t.Errorf("%s: got %d, want a challenge", name, code(res))
		}
		w.checkEmpty()
	}
}

func TestChallengeNamesTheServerOfTokensWhereThereIsRoom(t *testing.T) {
	for size, want := range map[int]bool{0: false, 60: true} {
		w := newWorld(t, withTokens)
		c := w.client(alice, "alice")
		m := c.build(stun.MethodAllocate, udpTransport, attr(0x8022, make([]byte, size)))
		res := c.once(m)
		if name, err := res.Get(attrThirdPartyAuthorization); (err == nil) != want || want && string(name) != testTokenServer {
			t.Errorf("a request of %d bytes: %q, %v", len(m.Raw), name, err)
		}
		if len(res.Raw) > len(m.Raw)*24/10 {
			t.Errorf("a request of %d bytes is answered by %d", len(m.Raw), len(res.Raw))
		}
	}
}

func TestWhoHasATokenIsNobodyElse(t *testing.T) {
	w := newWorld(t, func(cfg *Config) {
		cfg.Credentials.Users = map[string]string{"north": "a password of many bytes"}
		withTokens(cfg)
	})
	c := w.client(alice, "")
	c.username, c.password = "north", "a password of many bytes"
	c.allocate()
	other := w.tokenClient()
	if got := code(other.ask(stun.MethodRefresh, lifetime(0), other.token(time.Hour))); got != 441 {
		t.Errorf("somebody else's allocation: %d, want 441", got)
	}
}

func TestTokensAreUnknownWhereThereIsNoKey(t *testing.T) {
	w := newWorld(t, nil)
	c := w.client(alice, "alice")
	if got := code(c.request(stun.MethodAllocate, udpTransport, attr(attrAccessToken, []byte("token")))); got != 420 {
		t.Errorf("got %d, want 420", got)
	}
}

func FuzzToken(f *testing.F) {
	key := bytes.Repeat([]byte("k"), 20)
	f.Add(seal("north", testTokenServer, key, testStart, time.Hour))
	f.Add([]byte{0, 12})
	tokens := must(NewTokens(testTokenServer, testTokenKeys))
	f.Fuzz(func(t *testing.T, b []byte) {
		who, ok := tokens.open("north", b, testStart)
		if ok && !bytes.Equal(b, seal("north", testTokenServer, who.key, testStart, time.Hour)) {
			t.Errorf("% x is taken", b)
		}
	})
}
