package ywebrtc

import (
	"bytes"
	"encoding/json"
	"testing"
)

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"type":"subscribe","topics":["doc","other"]}`, `{"type":"unsubscribe","topics":["doc"]}`, `{"type":"unsubscribe"}`,
		`{"type":"publish","topic":"doc","data":{"type":"announce","from":"f3b0"}}`, `{"type":"publish","topic":"doc","data":"AAEC"}`,
		`{"type":"publish","topic":"doc","clients":{"a":1},"":null}`, `{"type":"publish","type":"ping","topic":"doc"}`,
		`{"type":"ping"}`, `{"type":"subscribe","topics":[1]}`, `{"type":["ping"]}`, `[]`, `null`, ``, "{\"type\":\"\xff\"}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, ok := parse(data)
		if !ok {
			return
		}
		for _, topic := range append(p.topics, p.topic) {
			if len(topic) > topicLimit {
				t.Fatalf("%q names a topic of %d bytes", data, len(topic))
			}
		}
		if p.kind != "publish" {
			return
		}
		out := p.publication(7)
		var back map[string]any
		if err := json.Unmarshal(out, &back); err != nil || bytes.ContainsRune(out, '\n') || back["clients"] != 7.0 || p.topic == "" {
			t.Fatalf("%q becomes %q (%v)", data, out, err)
		}
	})
}
