package peerjs

import (
	"bytes"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"turnpike/signal"
)

func TestMessagesReachTheirAddresseeAndNobodyElse(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		ada, bob, eve := b.peer("ada"), b.peer("bob"), b.peer("eve")
		for _, kind := range []string{"OFFER", "ANSWER", "CANDIDATE"} {
			ada.Send(`{"type": "` + kind + `", "src": "eve", "dst": "bob", "payload": {"b": "<&>", "a": [1, 2.50]}, "more": 1}`)
			bob.Expect(`{"type":"` + kind + `","src":"ada","dst":"bob","payload":{"b":"<&>","a":[1,2.50]}}`)
		}
		ada.Send(offer("ada"))
		ada.Expect(offered("ada", "ada"))
		ada.ExpectNothing()
		bob.ExpectNothing()
		eve.ExpectNothing()
	})
}

func TestHeartbeatsAndUnknownTypesHaveNoAnswer(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		ada, bob := b.peer("ada"), b.peer("bob")
		for range 10 {
			ada.Send(`{"type":"HEARTBEAT"}`)
			ada.Send(`{"type":"OPEN","dst":"bob","payload":{}}`)
			ada.Send(`{"type":"ERROR","dst":"bob","payload":{"msg":"x"}}`)
			ada.Send(`{"type":"ID-TAKEN","dst":"bob","payload":{}}`)
		}
		ada.ExpectNothing()
		bob.ExpectNothing()
	})
}

// A client that hears EXPIRE gives up, so it is not for others to say.
func TestExpireOfAClientIsDropped(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		ada, bob := b.peer("ada"), b.peer("bob")
		ada.Send(offer("bob"))
		bob.Expect(offered("ada", "bob"))
		ada.Send(`{"type":"EXPIRE","dst":"bob","src":"eve"}`)
		bob.ExpectNothing()
	})
}

func TestLeaveReachesOnlyThoseOneTalkedTo(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		ada, bob, eve := b.peer("ada"), b.peer("bob"), b.peer("eve")
		eve.Send(`{"type":"LEAVE","dst":"ada"}`)
		eve.Send(`{"type":"LEAVE","dst":"nobody"}`)
		ada.ExpectNothing()
		ada.Send(offer("bob"))
		bob.Expect(offered("ada", "bob"))
		ada.Send(`{"type":"LEAVE","dst":"bob","src":"eve","payload":{}}`)
		bob.Expect(`{"type":"LEAVE","src":"ada","dst":"bob"}`)
		bob.Send(`{"type":"LEAVE","dst":"ada"}`)
		ada.Expect(`{"type":"LEAVE","src":"bob","dst":"ada"}`)
		eve.ExpectNothing()
	})
}

func TestWrongParametersAreRefusedInWords(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		long := strings.Repeat("x", idLimit+1)
		for query, want := range map[string]string{
			"":                                   invalidParameters,
			"key=peerjs&id=ada":                  invalidParameters,
			"key=peerjs&token=t":                 invalidParameters,
			"id=ada&token=t":                     invalidParameters,
			"key=other&id=ada&token=t":           invalidKey,
			"key=peerjs&id=-ada&token=t":         invalidID,
			"key=peerjs&id=a%2F..%2Fb&token=t":   invalidID,
			"key=peerjs&id=a%20%20b&token=t":     invalidID,
			"key=peerjs&token=t&id=" + long:      invalidID,
			"key=peerjs&id=%3Cscript%3E&token=t": invalidID,
		} {
			c := b.Connect("/peerjs/peerjs?" + query)
			c.Expect(`{"type":"ERROR","payload":{"msg":"` + want + `"}}`)
			c.ExpectClose(signal.CloseRefused)
		}
		b.Connect(at("a%20b-c_D", "t")).Expect(`{"type":"OPEN"}`)
	})
}

func TestTheThirdMessageThatDoesNotParseEndsTheConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		ada, bob := b.peer("ada"), b.peer("bob")
		ada.Send(`{`)
		ada.Send(`{"type":"OFFER","dst":"bob"}`)
		ada.Send(offer("bob"))
		bob.Expect(offered("ada", "bob"))
		ada.ExpectNothing() // an ERROR would end the client
		ada.Send("{\"type\":\"OFFER\",\"dst\":\"bob\",\"payload\":{\"\xff\":1}}")
		ada.Expect(`{"type":"ERROR","payload":{"msg":"Three messages did not parse"}}`)
		ada.ExpectClose(signal.CloseMalformed)
		bob.ExpectNothing()
	})
}

func TestAMessageThatIsTooLargeEndsTheConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		c := b.peer("ada")
		c.Send(`{"type":"OFFER","dst":"bob","payload":{"x":"` + strings.Repeat("x", 64<<10) + `"}}`)
		c.ExpectClose(1009)
	})
}

func TestTheClientFindsItsPaths(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
		seen := map[string]bool{}
		for _, path := range []string{"/peerjs/peerjs/id?ts=17.5&version=1.5.5", "/peerjs/id"} {
			response, body := b.Get(path, nil)
			if response.StatusCode != 200 || !uuid.MatchString(body) || seen[body] || !validID(body) {
				t.Errorf("%s: %s %q", path, response.Status, body)
			}
			seen[body] = true
		}
		for _, path := range []string{"/peerjs/peerjs/peers", "/peerjs/peers"} {
			if response, _ := b.Get(path, nil); response.StatusCode != 401 {
				t.Errorf("%s: %s", path, response.Status)
			}
		}
		for _, path := range []string{"/peerjs", "/peerjs/"} {
			if response, body := b.Get(path, nil); response.StatusCode != 200 || !strings.Contains(body, `"name":"PeerJS Server"`) {
				t.Errorf("%s: %s %q", path, response.Status, body)
			}
		}
		for path, want := range map[string]int{"/peerjs/other/id": 401, "/peerjs/peerjs": 426, "/peerjs/a/b/c": 404} {
			if response, _ := b.Get(path, nil); response.StatusCode != want {
				t.Errorf("%s: %s", path, response.Status)
			}
		}
		// The default path of the client, /, asks for /peerjs.
		b.Connect("/peerjs?key=peerjs&id=ada&token=t").Expect(`{"type":"OPEN"}`)
	})
}

func TestAKeyOfOnesOwnReplacesTheDefault(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		b.Connect("/peerjs/peerjs?key=mine&id=ada&token=t").Expect(`{"type":"OPEN"}`)
		b.Connect(at("bob", "t")).Expect(`{"type":"ERROR","payload":{"msg":"Invalid key provided"}}`)
		for path, want := range map[string]int{"/peerjs/mine/id": 200, "/peerjs/peerjs/id": 401, "/peerjs/id": 401} {
			if response, _ := b.Get(path, nil); response.StatusCode != want {
				t.Errorf("%s: %s", path, response.Status)
			}
		}
	}, func(c *Config, _ *signal.Config) { c.Key = "mine" })
}

func TestPeersAreListedWhereThatIsWanted(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		if _, body := b.Get("/peerjs/peerjs/peers", nil); body != "[]\n" {
			t.Errorf("got %q", body)
		}
		b.peer("ada")
		b.peer("bob").Close(1000) // its id is held, but it is not there
		if _, body := b.Get("/peerjs/peerjs/peers", nil); body != "[\"ada\"]\n" {
			t.Errorf("got %q", body)
		}
	}, func(c *Config, _ *signal.Config) { c.Discovery = true })
}

func TestTheDoorIsThatOfTheSignaling(t *testing.T) {
	paths := []string{"/peerjs", "/peerjs/peerjs/id", "/peerjs/peerjs/peers"}
	inBubble(t, func(t *testing.T, b *bed) {
		for _, path := range paths {
			if response, _ := b.Get(path, nil); response.StatusCode != 403 {
				t.Errorf("%s: %s", path, response.Status)
			}
		}
		if _, err := b.Dial(at("ada", "t"), nil); err == nil || !strings.HasPrefix(err.Error(), "403") {
			t.Errorf("got %v", err)
		}
	}, func(_ *Config, door *signal.Config) { door.Open = false }) // a pipe is not loopback

	inBubble(t, func(t *testing.T, b *bed) {
		for origin, want := range map[string]int{"https://app.example": 200, "https://evil.example": 403} {
			header := http.Header{"Origin": {origin}}
			for _, path := range paths[:2] {
				response, _ := b.Get(path, header)
				if response.StatusCode != want {
					t.Errorf("%s: %s", path, response.Status)
				}
				if allowed := response.Header.Get("Access-Control-Allow-Origin") == origin; allowed != (want == 200) {
					t.Errorf("%s may read %s: %v", origin, path, allowed)
				}
			}
			if _, err := b.Dial(at("ada", "t"), header); (err == nil) != (want == 200) {
				t.Errorf("%s: %v", origin, err)
			}
		}
	}, func(_ *Config, door *signal.Config) { door.Origins = []string{"https://app.example"} })
}

func TestNothingSecretIsLogged(t *testing.T) {
	var log bytes.Buffer
	inBubble(t, func(t *testing.T, b *bed) {
		path := "/peerjs/peerjs?key=my-own-key&id=my-own-id&token=my-own-token"
		b.Connect(path).Expect(`{"type":"OPEN"}`)
		b.Connect(path).Expect(`{"type":"OPEN"}`)
		b.Connect(path + "s").ExpectClose(signal.CloseRefused)
		b.Connect(path + "&key=x").Send(`{"payload": "my-own-payload"}`)
	}, func(c *Config, door *signal.Config) {
		c.Key = "my-own-key"
		c.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		door.Log = c.Log
	})
	text := log.String()
	if strings.Count(text, "peerjs connection opened") != 3 || strings.Contains(text, "my-own") {
		t.Errorf("the log says\n%s", text)
	}
}
