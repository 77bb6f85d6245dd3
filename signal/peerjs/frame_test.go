package peerjs

import (
	"bytes"
	"encoding/json"
	"testing"
)

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"type":"OFFER","dst":"bob","payload":{"sdp":{"type":"offer","sdp":"v=0\r\n"},"type":"data","connectionId":"dc_1"}}`,
		`{"type":"CANDIDATE","src":"eve","dst":"bob","payload":{"candidate":{"candidate":"","sdpMid":"0"}}}`,
		`{"type":"HEARTBEAT"}`, `{"type":"LEAVE"}`, `{"type":"LEAVE","dst":"bob"}`, `{"type":"EXPIRE","dst":"bob"}`,
		`{"type":"OFFER","dst":"bob","payload":null}`, `{"type":"OFFER","dst":7,"payload":{}}`, `{"type":["OFFER"]}`,
		`{"TYPE":"OFFER","type":"ANSWER","dst":"a","Payload":{},"payload":[]}`, `[]`, `null`, `7`, ``, `{}`, "{\"type\":\"\xff\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, ok := parse(data)
		if !ok {
			return
		}
		if m.Type == "" || m.Src != "" {
			t.Fatalf("%q parses to %+v", data, m)
		}
		m.Src = "ada"
		out := m.encode()
		if bytes.ContainsAny(out, "\n") || !json.Valid(out) {
			t.Fatalf("%q becomes %q", data, out)
		}
		if !m.carried() {
			return
		}
		var back struct {
			Type, Src, Dst string
			Payload        map[string]any
		}
		if err := json.Unmarshal(out, &back); err != nil || back.Src != "ada" || back.Dst == "" || back.Payload == nil {
			t.Fatalf("%q becomes %q (%v)", data, out, err)
		}
	})
}
