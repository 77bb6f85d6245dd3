package probe

import (
	"strings"
	"testing"
)

func TestURLsNameATransportAPortAndAHost(t *testing.T) {
	for url, want := range map[string]string{
		"stun:turn.test":                  "UDP turn.test:3478",
		"stuns:turn.test":                 "TLS turn.test:5349",
		"turn:turn.test":                  "UDP turn.test:3478 relay",
		"turn:turn.test:80?transport=tcp": "TCP turn.test:80 relay",
		"TURN:turn.test?transport=UDP":    "UDP turn.test:3478 relay",
		"turns:turn.test:443":             "TLS turn.test:443 relay",
		"turns:turn.test?transport=udp":   "DTLS turn.test:5349 relay",
		"turn:[2001:db8::1]:99":           "UDP [2001:db8::1]:99 relay",
		"turn:[::1]?transport=tcp":        "TCP [::1]:3478 relay",
		"turn.test":                       "UDP turn.test:3478 relay, TCP turn.test:3478 relay",
		"203.0.113.10:99":                 "UDP 203.0.113.10:99 relay, TCP 203.0.113.10:99 relay",
		"[::1]:443":                       "TLS [::1]:443 relay",
		"turn.test:5349":                  "TLS turn.test:5349 relay",
	} {
		list, err := parseURL(url)
		var got []string
		for _, t := range list {
			one := string(t.via) + " " + hostPort(t.host, t.port)
			if t.relay {
				one += " relay"
			}
			got = append(got, one)
		}
		if err != nil || strings.Join(got, ", ") != want {
			t.Errorf("%s: %v %v, want %s", url, got, err, want)
		}
	}
}

func TestWhatIsNoURLIsRefusedWithAReason(t *testing.T) {
	for url, want := range map[string]string{
		"":                                 "not a URL of a STUN or TURN server",
		"http://turn.test":                 "not a URL of a STUN or TURN server",
		"turn:":                            "the host is missing",
		"turn:turn.test:0":                 "port",
		"turn:turn.test:65536":             "port",
		"turn:turn.test:x":                 "port",
		"turn:2001:db8::1":                 "in brackets",
		"turn:[2001:db8::1":                "no IPv6 address",
		"turn:[turn.test]":                 "no IPv6 address",
		"turn:turn.test?transport=sctp":    "neither udp nor tcp",
		"turn:turn.test?proto=udp":         "transport=udp",
		"stun:turn.test?transport=udp":     "transport=udp",
		"turn://turn.test":                 "no host name",
		"turn:user@turn.test":              "no host name",
		"turn:turn\x1b.test":               "no host name",
		"turn:" + strings.Repeat("a", 300): "no host name",
	} {
		if list, err := parseURL(url); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%s: %v, %v", url, list, err)
		}
	}
}

func FuzzURL(f *testing.F) {
	for _, url := range []string{"turn:a:1?transport=tcp", "stuns:[::1]:2", "a", "[::1]:443", ":", "turn:[::1%eth0]"} {
		f.Add(url)
	}
	f.Fuzz(func(t *testing.T, url string) {
		list, err := parseURL(url)
		if (err == nil) != (len(list) > 0) {
			t.Fatal(list, err)
		}
		for _, one := range list {
			if one.host == "" || one.port == 0 || one.via == "" || strings.ContainsAny(one.host, " \n\r\t\x1b/") {
				t.Fatalf("%q: %+v", url, one)
			}
			again, err := parseURL(one.url)
			if err != nil || again[0].host != one.host || again[0].port != one.port || again[0].via != one.via {
				t.Fatalf("%q, %q: %+v, %v", url, one.url, again, err)
			}
		}
	})
}
