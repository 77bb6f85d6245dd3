package signal

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// keyServer is a server of keys without a network.
type keyServer struct {
	mu     sync.Mutex
	asked  int
	answer func(*http.Request) (*http.Response, error)
}

func (k *keyServer) RoundTrip(r *http.Request) (*http.Response, error) {
	k.mu.Lock()
	k.asked++
	answer := k.answer
	k.mu.Unlock()
	return answer(r)
}

func (k *keyServer) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.asked
}

func (k *keyServer) set(answer func(*http.Request) (*http.Response, error)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.answer = answer
}

func says(status int, body string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Header: http.Header{}, Request: r}, nil
	}
}

func hangs(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func down(*http.Request) (*http.Response, error) { return nil, errors.New("connection refused") }

// keysUnder publishes the key of EdDSA under these kids, and a secret that must not count.
func keysUnder(ids ...string) string {
	keys := []any{map[string]string{"kty": "oct", "kid": "HS256", "alg": "HS256", "k": base64.RawURLEncoding.EncodeToString([]byte(tokenSecret))}}
	for _, id := range ids {
		keys = append(keys, map[string]string{"kty": "OKP", "crv": "Ed25519", "kid": id, "use": "sig",
			"x": base64.RawURLEncoding.EncodeToString(signers().ed.Public().(ed25519.PublicKey))})
	}
	text, _ := json.Marshal(map[string]any{"keys": keys})
	return string(text)
}

func keyBubble(t *testing.T, answer func(*http.Request) (*http.Response, error), test func(t *testing.T, a *authority, server *keyServer)) {
	signers()
	synctest.Test(t, func(t *testing.T) {
		server := &keyServer{answer: answer}
		a, err := newAuthority(Auth{JWKS: &JWKS{URL: "https://keys.example/jwks", Transport: server}})
		if err != nil {
			t.Fatal(err)
		}
		defer a.close()
		synctest.Wait()
		test(t, a, server)
	})
}

func verdict(t *testing.T, a *authority, kid any) string {
	t.Helper()
	_, p := a.verify(t.Context(), sign(t, goodClaims(), map[string]any{"alg": "EdDSA", "kid": kid}), time.Now())
	if p == nil {
		return "good"
	}
	return p.code
}

func TestPublishedKeysVerify(t *testing.T) {
	keyBubble(t, says(200, keysUnder("one", "two")), func(t *testing.T, a *authority, server *keyServer) {
		for _, kid := range []any{"one", "two", nil} {
			if got := verdict(t, a, kid); got != "good" {
				t.Errorf("kid %v: %s", kid, got)
			}
		}
		if _, p := a.verify(t.Context(), sign(t, goodClaims(), nil), time.Now()); p == nil {
			t.Error("a secret that is published signs tokens")
		}
		if server.count() != 1 {
			t.Errorf("asked %d times", server.count())
		}
	})
}

func TestKeysAreReadAgainAfterRotation(t *testing.T) {
	keyBubble(t, says(200, keysUnder("old")), func(t *testing.T, a *authority, server *keyServer) {
		server.set(says(200, keysUnder("old", "new")))
		if got := verdict(t, a, "new"); got != badToken {
			t.Errorf("within the first minute: %s", got)
		}
		time.Sleep(time.Minute + time.Second)
		if got := verdict(t, a, "new"); got != "good" {
			t.Errorf("after a minute: %s", got)
		}
		server.set(says(200, keysUnder("new")))
		time.Sleep(time.Hour + time.Second)
		synctest.Wait()
		if got := verdict(t, a, "old"); got != badToken {
			t.Errorf("an hour after its end: %s", got)
		}
	})
}

func TestUnknownKeysDoNotMakeAStorm(t *testing.T) {
	keyBubble(t, says(200, keysUnder("one")), func(t *testing.T, a *authority, server *keyServer) {
		for i := range 600 {
			verdict(t, a, fmt.Sprint("made up ", i))
			time.Sleep(time.Second)
		}
		if n := server.count(); n < 5 || n > 11 {
			t.Errorf("asked %d times in ten minutes", n)
		}
	})
}

func TestKeysStayWhileTheirServerIsAway(t *testing.T) {
	keyBubble(t, says(200, keysUnder("one")), func(t *testing.T, a *authority, server *keyServer) {
		large := `{"keys":[` + strings.Repeat(" ", maxSetBytes) + `]}`
		for what, answer := range map[string]func(*http.Request) (*http.Response, error){
			"down": down, "hangs": hangs, "error": says(500, keysUnder("two")), "rubbish": says(200, "<html>"),
			"empty": says(200, `{"keys":[]}`), "null": says(200, "null"), "large": says(200, large),
			"many":    says(200, `{"keys":[`+strings.Repeat(`{},`, maxSetKeys)+`{}]}`),
			"plain":   func(r *http.Request) (*http.Response, error) { return redirect(r, "http://keys.example/jwks") },
			"endless": func(r *http.Request) (*http.Response, error) { return redirect(r, r.URL.String()+"x") },
		} {
			server.set(answer)
			before := server.count()
			time.Sleep(2 * time.Hour)
			synctest.Wait()
			if server.count() == before {
				t.Errorf("%s: not asked", what)
			}
			if got := verdict(t, a, "one"); got != "good" {
				t.Errorf("%s: %s", what, got)
			}
		}
	})
}

func redirect(r *http.Request, to string) (*http.Response, error) {
	return &http.Response{StatusCode: 302, Body: http.NoBody, Header: http.Header{"Location": {to}}, Request: r}, nil
}

func TestAHangingKeyServerHoldsUpNobodyForLong(t *testing.T) {
	keyBubble(t, hangs, func(t *testing.T, a *authority, server *keyServer) {
		start := time.Now()
		if got := verdict(t, a, "one"); got != keysUnavailable {
			t.Errorf("got %s", got)
		}
		if took := time.Since(start); took > fetchTimeout {
			t.Errorf("it took %v", took)
		}
		start = time.Now()
		verdict(t, a, "one")
		if took := time.Since(start); took != 0 {
			t.Errorf("the next one waited %v", took)
		}
		server.set(says(200, keysUnder("one")))
		time.Sleep(2 * time.Minute)
		if got := verdict(t, a, "one"); got != "good" {
			t.Errorf("when it is back: %s", got)
		}
	})
}

func TestKeySetsComeByHTTPS(t *testing.T) {
	for _, url := range []string{"", "http://keys.example", "file:///etc/passwd", "https://", "https://u:p@keys.example", "//keys.example"} {
		if a, err := newAuthority(Auth{JWKS: &JWKS{URL: url}}); err == nil {
			a.close()
			t.Errorf("%q is taken", url)
		}
	}
}

func TestAKeySetThatCannotBeReadIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		k, err := newKeySet(JWKS{URL: "https://keys.example/", Transport: &keyServer{answer: down}, Log: slog.New(slog.NewTextHandler(&log, nil))})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(150 * time.Second)
		k.close()
		if n := strings.Count(log.String(), "cannot read the key set"); n != 3 {
			t.Errorf("%d lines:\n%s", n, log.String())
		}
	})
}
