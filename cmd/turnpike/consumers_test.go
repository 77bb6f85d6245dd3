package main

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/pion/turn/v4"
)

// What each family of clients takes out of its answer opens a relay, here and nowhere else.
func TestCredentialsOfEveryFormatOpenTheRelay(t *testing.T) {
	const key = "k9Zq2xW7vB4nM1sT"
	relay, web := serving(t, `
turn: {listen: ["udp://127.0.0.1:3478"], relay: {addresses: [127.0.0.1]}, credentials: {secrets: [q7Zp0vX2mK9sLd4RtYw8Bn3J]}}
http: {auth: {mode: token, api_keys: [`+key+`]}}
`)
	addr := strings.TrimPrefix(relay.Addrs()[0], "udp://")

	for format, pick := range map[string]func(map[string]any, []any, http.Header) (string, string){
		"uberti": func(o map[string]any, _ []any, _ http.Header) (string, string) {
			return o["username"].(string), o["password"].(string)
		},
		"matrix": func(o map[string]any, _ []any, _ http.Header) (string, string) {
			return o["username"].(string), o["password"].(string)
		},
		"twilio": func(o map[string]any, _ []any, _ http.Header) (string, string) {
			return o["username"].(string), o["password"].(string)
		},
		"rtc":        func(o map[string]any, _ []any, _ http.Header) (string, string) { return last(o["iceServers"]) },
		"cloudflare": func(o map[string]any, _ []any, _ http.Header) (string, string) { return last(o["iceServers"]) },
		"metered":    func(_ map[string]any, list []any, _ http.Header) (string, string) { return last(list) },
		"link": func(_ map[string]any, _ []any, h http.Header) (string, string) {
			value := func(name string) string {
				_, rest, _ := strings.Cut(h.Get("Link"), name+`="`)
				text, _, _ := strings.Cut(rest, `"`)
				return text
			}
			return value("; username"), value("; credential")
		},
	} {
		t.Run(format, func(t *testing.T) {
			request, err := http.NewRequest("POST", web.URL+"/v1/ice?format="+format, strings.NewReader(`{"user": "alice", "ttl": 60}`))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Authorization", "Bearer "+key)
			response, err := web.Client().Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			var object map[string]any
			var list []any
			if json.Unmarshal(body, &object) != nil && json.Unmarshal(body, &list) != nil {
				t.Fatalf("%s: %s", response.Status, body)
			}
			name, password := pick(object, list, response.Header)
			open(t, addr, name, password)
			if format == "uberti" {
				coturnClient(t, addr, name, password)
			}
		})
	}
}

// last is the name and password of the last server of a list.
func last(servers any) (name, password string) {
	list := servers.([]any)
	server := list[len(list)-1].(map[string]any)
	return server["username"].(string), server["credential"].(string)
}

// open makes an allocation with pion's client.
func open(t *testing.T, addr, name, password string) {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	client, err := turn.NewClient(&turn.ClientConfig{TURNServerAddr: addr, Conn: conn, Username: name, Password: password, Realm: "turnpike"})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := client.Listen(); err != nil {
		t.Fatal(err)
	}
	relayed, err := client.Allocate()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	relayed.Close()
}

// coturnClient lets coturn's own client relay packets between two allocations.
func coturnClient(t *testing.T, addr, name, password string) {
	t.Helper()
	uclient, err := exec.LookPath("turnutils_uclient")
	if err != nil {
		t.Log("without coturn's client, which is not installed (Debian: coturn)")
		return
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, uclient, "-u", name, "-w", password, "-p", port, "-n", "2", "-y", "-c", host).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Total lost packets 0 ") {
		t.Errorf("%v\n%s", err, out)
	}
}
