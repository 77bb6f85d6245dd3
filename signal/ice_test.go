package signal

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestICEIsHandedOutToEachUnderANameOfOurs(t *testing.T) {
	server := mustNew(t, Config{Open: true})
	users := make(map[string]bool)
	for _, method := range []string{"GET", "POST"} {
		w := httptest.NewRecorder()
		server.ServeHTTP(w, httptest.NewRequest(method, "/v1/ice?user=root&username=root", strings.NewReader(`{"user": "root"}`)))
		if w.Code != 200 || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Content-Type") != "application/json" {
			t.Fatalf("%s: got %d %v", method, w.Code, w.Header())
		}
		var ice ICE
		if err := json.Unmarshal(w.Body.Bytes(), &ice); err != nil {
			t.Fatal(err)
		}
		_, user, _ := strings.Cut(ice.ICEServers[0].Username, ":")
		if !strings.HasPrefix(user, "guest-") || users[user] {
			t.Errorf("%s: the user is %q", method, user)
		}
		users[user] = true
		if left := ice.ExpiresAt - time.Now().Unix(); ice.TTL != 3600 || left < 3590 || left > 3600 {
			t.Errorf("%s: got %+v", method, ice)
		}
	}
}

func TestOtherMethodsAreAnswered405(t *testing.T) {
	server := mustNew(t, Config{Open: true})
	for method, want := range map[string]int{"PUT": 405, "DELETE": 405, "OPTIONS": 204} {
		w := httptest.NewRecorder()
		server.ServeHTTP(w, httptest.NewRequest(method, "/v1/ice", nil))
		if w.Code != want {
			t.Errorf("%s: got %d", method, w.Code)
		}
	}
}

func TestICEIsBoundedPerAddress(t *testing.T) {
	server := mustNew(t, Config{Open: true, Limits: Limits{PerAddress: Rates{ICE: Rate{0.001, 3}}}})
	for i := range 5 {
		w := ask(server, "192.0.2.1:80", "198.51.100.7:5", "turn.example")
		if want := map[bool]int{true: 200, false: 429}[i < 3]; w.Code != want {
			t.Errorf("request %d: got %d", i, w.Code)
		}
		if w.Code == 429 && w.Header().Get("Retry-After") == "" {
			t.Error("it does not say when to try again")
		}
	}
	if w := ask(server, "192.0.2.1:80", "198.51.100.8:5", "turn.example"); w.Code != 200 {
		t.Errorf("another address: got %d", w.Code)
	}
	for i := range 5 { // a /64 is one client
		w := ask(server, "[2001:db8::1]:80", "[2001:db8:0:7::"+string(rune('1'+i))+"]:5", "turn.example")
		if want := map[bool]int{true: 200, false: 429}[i < 3]; w.Code != want {
			t.Errorf("IPv6 request %d: got %d", i, w.Code)
		}
	}
}
