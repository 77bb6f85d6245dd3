package main

import (
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/pion/turn/v4"

	"turnpike/signal"
	"turnpike/turnserver"
	core "turnpike/turnserver/turn"
)

func TestWhoTestsIsToldWhyTheRelayRefusesHim(t *testing.T) {
	relay, web := serving(t, `
turn: {listen: ["udp://127.0.0.1:3478"], relay: {addresses: [127.0.0.1]}, limits: {allocations_per_user: 1}}
http: {auth: {mode: open}}
`)
	tester := enter(t, web, "127.0.0.31")
	told := tester.say(t, `{"type": "test", "id": "9"}`, "testing")
	if !strings.HasPrefix(told.User, "test-") || told.Address != "127.0.0.31" || told.ICE.TTL > 600 {
		t.Fatalf("the test is answered %+v", told)
	}
	name, password := told.ICE.ICEServers[0].Username, told.ICE.ICEServers[0].Credential

	refused := dial(t, relay, name, "not "+password)
	if _, err := refused.client.Allocate(); err == nil {
		t.Fatal("a wrong password opens the relay")
	}
	event := tester.sees(t, "challenged")
	if event.Transport != "udp" || event.Client != refused.at || event.Code != 401 || event.Port == 0 {
		t.Errorf("the challenge is told as %+v", event)
	}
	event = tester.sees(t, "refused")
	if event.Reason != "wrong password" || event.Code != 401 || event.Client != refused.at || event.Request != "Allocate" {
		t.Errorf("the refusal is told as %+v", event)
	}

	late, signed, _ := relay.CredentialsFor(told.User, time.Second, time.Now().Add(-time.Hour))
	_, _ = dial(t, relay, late, signed).client.Allocate()
	if event = tester.sees(t, "refused"); event.Reason != "expired" || event.By < 3590 || event.By > 3610 {
		t.Errorf("an hour too late is told as %+v", event)
	}

	good := dial(t, relay, name, password)
	relayed, err := good.client.Allocate()
	if err != nil {
		t.Fatal(err)
	}
	if event = tester.sees(t, "allocated"); event.Relay != relayed.LocalAddr().String() {
		t.Errorf("the allocation of %s is told as %+v", relayed.LocalAddr(), event)
	}
	_, _ = dial(t, relay, name, password).client.Allocate()
	if event = tester.sees(t, "refused"); event.Reason != "quota" || event.Limit != 1 || event.Code != 486 {
		t.Errorf("the quota is told as %+v", event)
	}
	_ = good.client.CreatePermission(&net.UDPAddr{IP: net.IPv4(10, 0, 0, 5), Port: 5000})
	if event = tester.sees(t, "peer-refused"); !strings.HasPrefix(event.Peer, "10.0.0.5") || event.Code != 403 {
		t.Errorf("the private peer is told as %+v", event)
	}
	if _, err := relayed.WriteTo([]byte("hello"), relayed.LocalAddr()); err != nil {
		t.Fatal(err)
	}
	if event = tester.sees(t, "relayed"); event.Sent == nil || event.Sent.Packets != 1 || event.Sent.Bytes != 5 {
		t.Errorf("a packet is told as %+v", event)
	}
	relayed.Close()
	if event = tester.sees(t, "ended"); event.Sent == nil || event.Sent.Packets != 1 {
		t.Errorf("the end is told as %+v", event)
	}

	// After its end nothing is told, and another test has a user of its own.
	again := tester.say(t, `{"type": "test", "id": "10"}`, "testing")
	if again.User == told.User {
		t.Errorf("two tests share the user %s", told.User)
	}
	dial(t, relay, name, "not "+password).client.Allocate()
	tester.sees(t, "challenged")
	dial(t, relay, again.ICE.ICEServers[0].Username, "wrong").client.Allocate()
	if event = tester.sees(t, "refused"); event.Client == refused.at {
		t.Errorf("the test before is still told of: %+v", event)
	}
}

// attempt is a client that has not been let in yet.
type attempt struct {
	client *turn.Client
	at     string
}

func dial(t *testing.T, relay *turnserver.Server, name, password string) attempt {
	t.Helper()
	conn, err := net.ListenPacket("udp4", "127.0.0.31:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	client, err := turn.NewClient(&turn.ClientConfig{TURNServerAddr: strings.TrimPrefix(relay.Addrs()[0], "udp://"), Conn: conn, Username: name, Password: password})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	if err := client.Listen(); err != nil {
		t.Fatal(err)
	}
	return attempt{client, conn.LocalAddr().String()}
}

// sees reads on to an event of that kind.
func (v *visitor) sees(t *testing.T, kind core.Kind) sighting {
	t.Helper()
	for {
		for i, event := range v.events {
			if event.Kind == kind {
				v.events = v.events[i+1:]
				return event
			}
		}
		v.events = v.hear(t, "relay-saw").Events
	}
}

func TestATokenSaysHowManyAllocationsThereMayBe(t *testing.T) {
	const secret = "V3m0xQz7Lk2sRt9WyBn5Jd8Hf4Gc6Pa1"
	relay, web := serving(t, `
turn: {listen: ["udp://127.0.0.1:3478"], relay: {addresses: [127.0.0.1]}}
http: {auth: {mode: token, keys: [{alg: HS256, secret: `+secret+`}]}}
`)
	claims := jwt.MapClaims{"sub": "alice", "allocations": 1, "exp": time.Now().Add(time.Hour).Unix()}
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(secret))
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequest("GET", web.URL+"/v1/ice", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := web.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var ice signal.ICE
	if err := json.NewDecoder(response.Body).Decode(&ice); err != nil || len(ice.ICEServers) != 1 {
		t.Fatalf("%s: %v", response.Status, err)
	}
	allocate(t, relay, ice)
	second := dial(t, relay, ice.ICEServers[0].Username, ice.ICEServers[0].Credential)
	if _, err := second.client.Allocate(); err == nil || !strings.Contains(err.Error(), "486") {
		t.Errorf("the second allocation of one: %v", err)
	}
}

func TestWhatDoesNotApplyIsLeftOut(t *testing.T) {
	at := netip.MustParseAddrPort
	for want, s := range map[string]core.Sighting{
		`{"at":1700000000500,"kind":"challenged","transport":"tls","client":"198.51.100.7:50412","port":443,"code":401}`: {Kind: core.SawChallenge, Code: 401},
		`{"at":1700000000500,"kind":"permitted","transport":"tls","client":"198.51.100.7:50412","port":443,"peer":"10.0.0.5"}`: {
			Kind: core.SawPermission, Peer: netip.AddrPortFrom(netip.MustParseAddr("10.0.0.5"), 0)},
		`{"at":1700000000500,"kind":"relayed","transport":"tls","client":"198.51.100.7:50412","port":443,"relay":"203.0.113.10:50011","sent":{"packets":1,"bytes":100},"received":{"packets":0,"bytes":0}}`: {
			Kind: core.SawTraffic, Relay: at("203.0.113.10:50011"), Sent: core.Traffic{Packets: 1, Bytes: 100}},
	} {
		s.At = time.Unix(1700000000, 5e8)
		s.Client = core.FiveTuple{Client: at("198.51.100.7:50412"), Server: at("203.0.113.10:443"), Transport: core.TLS}
		if got, err := json.Marshal(newSighting(s)); err != nil || string(got) != want {
			t.Errorf("got  %s (%v)\nwant %s", got, err, want)
		}
	}
}
