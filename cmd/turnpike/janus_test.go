package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/dtls/v3/pkg/crypto/selfsign"
	dtlsnet "github.com/pion/dtls/v3/pkg/net"
	"github.com/pion/ice/v4"
)

// Janus asks /v1/ice as the TURN REST API, and a call to it goes through the relay:
// ICE, and a DTLS handshake, with the relayed address alone.
func TestJanusRelaysThroughUs(t *testing.T) {
	const key = "k9Zq2xW7vB4nM1sT"
	here := hostAddress(t)
	relay, web := serving(t, fmt.Sprintf(`
turn:
  listen: ["udp://%[1]s:3478"]
  relay: {addresses: [%[1]s], ports: 21500-21599}
  peers: {allow: [%[1]s]}
  credentials: {secrets: [q7Zp0vX2mK9sLd4RtYw8Bn3J]}
http: {auth: {mode: token, api_keys: [%[2]s]}}
`, here, key))
	api := janus{t, startJanus(t, fmt.Sprintf(`
  turn_rest_api = %q
  turn_rest_api_key = %q
  turn_rest_api_method = "GET"
`, web.URL+"/v1/ice", key))}

	certificate, err := selfsign.GenerateSelfSigned()
	if err != nil {
		t.Fatal(err)
	}
	agent := iceAgent(t, here)
	session := api.open("", map[string]any{"janus": "create"})
	handle := session + "/" + api.open(session, map[string]any{"janus": "attach", "plugin": "janus.plugin.echotest", "opaque_id": "alice"})[1:]
	api.post(handle, map[string]any{
		"janus": "message", "body": map[string]any{"audio": true},
		"jsep": map[string]any{"type": "offer", "sdp": offer(t, agent, certificate)},
	})
	var answer string
	for answer == "" {
		answer = api.event(session).JSEP.SDP
	}

	var ufrag, pwd string
	relayed := 0
	for line := range strings.SplitSeq(answer, "\r\n") {
		attribute := strings.TrimPrefix(line, "a=")
		switch name, value, _ := strings.Cut(attribute, ":"); {
		case name == "ice-ufrag":
			ufrag = value
		case name == "ice-pwd":
			pwd = value
		case name == "candidate" && strings.Contains(value, " typ relay"):
			candidate, err := ice.UnmarshalCandidate(attribute)
			if err != nil {
				t.Fatal(err)
			}
			if err := agent.AddRemoteCandidate(candidate); err != nil {
				t.Fatal(err)
			}
			relayed++
		}
	}
	if relayed == 0 {
		t.Fatalf("Janus has no relayed address:\n%s", answer)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	conn, err := agent.Dial(ctx, ufrag, pwd)
	if err != nil {
		t.Fatalf("ICE through the relay: %v", err)
	}
	secure, err := dtls.ServerWithOptions(dtlsnet.PacketConnFromConn(conn), conn.RemoteAddr(),
		dtls.WithCertificates(certificate), dtls.WithSRTPProtectionProfiles(dtls.SRTP_AES128_CM_HMAC_SHA1_80),
		dtls.WithClientAuth(dtls.RequireAnyClientCert), dtls.WithInsecureSkipVerify(true))
	if err != nil {
		t.Fatal(err)
	}
	if err := secure.HandshakeContext(ctx); err != nil {
		t.Fatalf("DTLS through the relay: %v", err)
	}
	for api.event(session).Janus != "webrtcup" {
	}
	if pair, err := agent.GetSelectedCandidatePair(); err != nil || pair.Remote.Type() != ice.CandidateTypeRelay {
		t.Errorf("the call goes by %v, %v", pair, err)
	}
	if live := relay.Stats().Allocations; live == 0 {
		t.Error("the relay has no allocation")
	}
}

// hostAddress is one that is not loopback, which Janus does not look at. What is
// sent to it stays on this host all the same.
func hostAddress(t *testing.T) string {
	t.Helper()
	for _, addr := range thisHost("").Addresses {
		if addr.Is4() {
			return addr.String()
		}
	}
	t.Skip("this host has no IPv4 address but loopback")
	return ""
}

// throughRelay is a socket that hears nobody but the relay's ports: Janus would find
// the direct way as well.
type throughRelay struct{ net.PacketConn }

func (c throughRelay) ReadFrom(p []byte) (int, net.Addr, error) {
	for {
		n, from, err := c.PacketConn.ReadFrom(p)
		if err != nil {
			return n, from, err
		}
		if port := from.(*net.UDPAddr).Port; port >= 21500 && port <= 21599 {
			return n, from, nil
		}
	}
}

// iceAgent has one candidate, at an address of this host.
func iceAgent(t *testing.T, at string) *ice.Agent {
	t.Helper()
	conn, err := net.ListenPacket("udp4", at+":0")
	if err != nil {
		t.Fatal(err)
	}
	mux := ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: throughRelay{conn}})
	t.Cleanup(func() { _ = mux.Close() })
	agent, err := ice.NewAgentWithOptions(ice.WithUDPMux(mux), ice.WithNetworkTypes([]ice.NetworkType{ice.NetworkTypeUDP4}),
		ice.WithCandidateTypes([]ice.CandidateType{ice.CandidateTypeHost}), ice.WithMulticastDNSMode(ice.MulticastDNSModeDisabled))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = agent.Close() })
	gathered := make(chan struct{})
	if err := agent.OnCandidate(func(c ice.Candidate) {
		if c == nil {
			close(gathered)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if err := agent.GatherCandidates(); err != nil {
		t.Fatal(err)
	}
	<-gathered
	return agent
}

// offer is what a browser would send for one audio track.
func offer(t *testing.T, agent *ice.Agent, certificate tls.Certificate) string {
	t.Helper()
	ufrag, pwd, err := agent.GetLocalUserCredentials()
	if err != nil {
		t.Fatal(err)
	}
	candidates, err := agent.GetLocalCandidates()
	if err != nil || len(candidates) == 0 {
		t.Fatal("no candidates", err)
	}
	sum := sha256.Sum256(certificate.Certificate[0])
	fingerprint := strings.TrimSuffix(strings.ToUpper(fmt.Sprintf("% x", sum)), " ")
	lines := []string{
		"v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE 0",
		"m=audio 9 UDP/TLS/RTP/SAVPF 111", "c=IN IP4 0.0.0.0", "a=mid:0", "a=sendrecv", "a=rtcp-mux", "a=rtpmap:111 opus/48000/2",
		"a=setup:actpass", "a=fingerprint:sha-256 " + strings.ReplaceAll(fingerprint, " ", ":"),
		"a=ice-ufrag:" + ufrag, "a=ice-pwd:" + pwd,
	}
	for _, c := range candidates {
		lines = append(lines, "a=candidate:"+c.Marshal())
	}
	return strings.Join(append(lines, "a=end-of-candidates", ""), "\r\n")
}

// janus speaks Janus's HTTP API.
type janus struct {
	*testing.T
	url string
}

type janusEvent struct {
	Janus string
	Data  struct{ ID json.Number }
	JSEP  struct{ SDP string }
	Error struct{ Reason string }
}

// open posts, and returns the path of what was made.
func (j janus) open(path string, request map[string]any) string {
	return "/" + j.post(path, request).Data.ID.String()
}

func (j janus) post(path string, request map[string]any) janusEvent {
	j.Helper()
	request["transaction"] = "1"
	body, err := json.Marshal(request)
	if err != nil {
		j.Fatal(err)
	}
	answer, err := http.Post(j.url+path, "application/json", bytes.NewReader(body))
	return j.read(answer, err)
}

// event waits for the next one of a session.
func (j janus) event(session string) janusEvent {
	j.Helper()
	request, err := http.NewRequestWithContext(j.Context(), "GET", j.url+session+"?maxev=1", nil)
	if err != nil {
		j.Fatal(err)
	}
	answer, err := (&http.Client{Timeout: 20 * time.Second}).Do(request)
	return j.read(answer, err)
}

func (j janus) read(answer *http.Response, err error) (e janusEvent) {
	j.Helper()
	if err != nil {
		j.Fatal(err)
	}
	defer answer.Body.Close()
	if err := json.NewDecoder(answer.Body).Decode(&e); err != nil {
		j.Fatal(err)
	}
	if e.Janus == "error" || e.Janus == "hangup" {
		j.Fatalf("Janus says %+v", e)
	}
	return e
}

// startJanus returns the URL of its API, on loopback.
func startJanus(t *testing.T, nat string) string {
	t.Helper()
	program, err := exec.LookPath("janus")
	if err != nil {
		t.Skip("Janus is not installed (Debian: janus)")
	}
	dir, addr := t.TempDir(), freeAddress(t)
	for name, text := range map[string]string{
		"janus.jcfg": fmt.Sprintf(`
general: { configs_folder = %q, log_to_stdout = true, debug_colors = false, debug_level = 5 }
nat: { %s }
plugins: { disable = "libjanus_audiobridge.so,libjanus_duktape.so,libjanus_lua.so,libjanus_nosip.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_streaming.so,libjanus_textroom.so,libjanus_videocall.so,libjanus_videoroom.so,libjanus_voicemail.so" }
transports: { disable = "libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_pfunix.so,libjanus_rabbitmq.so,libjanus_websockets.so" }
events: { broadcast = false }
`, dir, nat),
		"janus.transport.http.jcfg": fmt.Sprintf(`
general: { json = "compact", base_path = "/janus", http = true, ip = "127.0.0.1", port = %s, https = false }
admin: { admin_http = false, admin_https = false }
`, strings.TrimPrefix(addr, "127.0.0.1:")),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	runBeside(t, exec.Command(program, "-F", dir, "-C", filepath.Join(dir, "janus.jcfg")), addr)
	url := "http://" + addr + "/janus"
	// It listens a moment before it answers.
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		answer, err := http.Get(url + "/info")
		if err != nil {
			continue
		}
		answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			return url
		}
	}
	t.Fatal("Janus does not answer")
	return ""
}
