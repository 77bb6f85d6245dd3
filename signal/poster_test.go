package signal

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// poster is a client without WebSockets.
type poster struct {
	t       testing.TB
	lab     *lab
	http    *http.Client
	token   string
	session string
	n       int // of the newest frame that it sent
	seq     int // of the newest that it received
}

// events is an open event stream.
type events struct {
	*poster
	welcome map[string]any
	frames  chan map[string]any // closed at the end
	beats   chan time.Time
	code    int // of the close event
	stop    context.CancelFunc
}

func (l *lab) poster() *poster {
	transport := &http.Transport{DialContext: l.dial}
	l.t.Cleanup(transport.CloseIdleConnections)
	return &poster{t: l.t, lab: l, http: &http.Client{Transport: transport}}
}

// post returns the status and the answer.
func (p *poster) post(body string) (int, string) {
	p.t.Helper()
	request, _ := http.NewRequest("POST", "http://"+p.lab.addr+"/v1/send", strings.NewReader(body))
	if p.token != "" {
		request.Header.Set("Authorization", "Bearer "+p.token)
	}
	response, err := p.http.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	return response.StatusCode, string(text)
}

// hello begins a session; more frames may go with it.
func (p *poster) hello(more ...string) []map[string]any {
	p.t.Helper()
	status, text := p.post("[" + strings.Join(append([]string{`{"type": "hello", "version": 1}`}, more...), ",") + "]")
	var frames []map[string]any
	if err := json.Unmarshal([]byte(text), &frames); err != nil || status != 200 || frames[0]["type"] != "welcome" {
		p.t.Fatalf("got %d %s", status, text)
	}
	p.welcomed(frames[0])
	return frames
}

func (p *poster) welcomed(frame map[string]any) {
	p.session = frame["session"].(string)
	p.token = frame["resume"].(map[string]any)["token"].(string)
}

// send posts frames with their numbers.
func (p *poster) send(frames ...string) {
	p.t.Helper()
	for i, frame := range frames {
		p.n++
		frames[i] = fmt.Sprintf(`{"n": %d, "ack": %d, %s`, p.n, p.seq, strings.TrimPrefix(frame, "{"))
	}
	if status, text := p.post("[" + strings.Join(frames, ",") + "]"); status != 200 || !strings.Contains(text, fmt.Sprintf(`"ack":%d`, p.n)) {
		p.t.Fatalf("got %d %s", status, text)
	}
}

// open opens the event stream.
func (p *poster) open() *events {
	p.t.Helper()
	e := &events{poster: p, frames: make(chan map[string]any, 4096), beats: make(chan time.Time, 4096)}
	var ctx context.Context
	ctx, e.stop = context.WithCancel(context.Background())
	p.t.Cleanup(e.stop)
	request, _ := http.NewRequestWithContext(ctx, "GET", fmt.Sprintf("http://%s/v1/events?ack=%d", p.lab.addr, p.seq), nil)
	request.Header.Set("Authorization", "Bearer "+p.token)
	response, err := p.http.Do(request)
	if err != nil {
		p.t.Fatal(err)
	}
	if response.StatusCode != 200 || response.Header.Get("Content-Type") != "text/event-stream" ||
		response.Header.Get("X-Accel-Buffering") != "no" || !strings.Contains(response.Header.Get("Cache-Control"), "no-store") {
		p.t.Fatalf("got %s %v", response.Status, response.Header)
	}
	go e.read(response.Body)
	e.welcome = e.expect("welcome")
	p.welcomed(e.welcome)
	return e
}

func (e *events) read(body io.ReadCloser) {
	defer close(e.frames)
	defer body.Close()
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 1<<20)
	closing := false
	for lines.Scan() {
		data, isData := bytes.CutPrefix(lines.Bytes(), []byte("data: "))
		switch {
		case lines.Text() == ":":
			e.beats <- time.Now()
		case lines.Text() == "event: close":
			closing = true
		case closing && isData:
			var said struct{ Code int }
			json.Unmarshal(data, &said)
			e.code = said.Code
		case isData:
			var frame map[string]any
			if err := json.Unmarshal(data, &frame); err != nil {
				panic(err)
			}
			e.frames <- frame
		}
	}
}

func (e *events) next() map[string]any {
	e.t.Helper()
	select {
	case frame := <-e.frames:
		if seq, ok := frame["seq"].(float64); ok {
			e.seq = int(seq)
		}
		return frame
	case <-time.After(e.lab.patience):
		e.t.Fatal("no frame came")
		return nil
	}
}

func (e *events) expect(kind string) map[string]any {
	e.t.Helper()
	frame := e.next()
	if frame["type"] != kind {
		e.t.Fatalf("got %v, want a %s frame", frame, kind)
	}
	return frame
}

func (e *events) expectClose(code int) {
	e.t.Helper()
	for e.next() != nil {
	}
	if e.code != code {
		e.t.Fatalf("the stream ended with %d, want %d", e.code, code)
	}
}
