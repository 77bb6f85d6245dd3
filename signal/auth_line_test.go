package signal

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/gorilla/websocket"
)

func TestDialectsAskForTokensToo(t *testing.T) {
	signers()
	cfg := Config{}
	withAuth(t)(&cfg)
	server := mustNew(t, cfg)
	lines := server.NewLines()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		lines.Serve(w, r, func(line *Line) { line.Serve(func([]byte) {}) })
	}))
	t.Cleanup(func() {
		lines.Close()
		web.Close()
	})
	dial := func(query string) error {
		conn, response, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(web.URL, "http")+"/"+query, nil)
		if err != nil {
			return fmt.Errorf("%d", response.StatusCode)
		}
		defer conn.Close()
		return nil
	}
	for query, want := range map[string]string{
		"":                                     "401",
		"?token=x":                             "401",
		"?token=" + sign(t, goodClaims(), nil): "<nil>",
		"?token=" + sign(t, goodClaims(jwt.MapClaims{"rooms": []string{"a"}}), nil):        "403",
		"?token=" + sign(t, goodClaims(jwt.MapClaims{"exp": time.Now().Unix() - 90}), nil): "401",
	} {
		if got := fmt.Sprint(dial(query)); got != want {
			t.Errorf("%.20s: got %s, want %s", query, got, want)
		}
	}
}
