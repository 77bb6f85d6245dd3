package ywebrtc

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"turnpike/signal"
	"turnpike/signal/internal/lab"
	"turnpike/signal/internal/leak"
)

// bed is a lab with the names of this dialect.
type bed struct {
	*lab.Lab
	server *Server
	door   *signal.Server
}

func (b *bed) begin(log *slog.Logger) func(*signal.Server) (lab.Dialect, error) {
	return func(door *signal.Server) (lab.Dialect, error) {
		server, err := New(Config{Door: door, Log: log})
		b.server, b.door = server, door
		return server, err
	}
}

func inBubble(t *testing.T, test func(*testing.T, *bed), configure ...func(*signal.Config)) {
	t.Helper()
	b := new(bed)
	lab.InBubble(t, b.begin(nil), func(t *testing.T, l *lab.Lab) {
		b.Lab = l
		test(t, b)
		b.server.Close()
		if n := b.topics(); n > 0 {
			t.Errorf("%d topics are left", n)
		}
		if n := b.door.Lines(); n != 0 {
			t.Errorf("%d lines are left", n)
		}
	}, configure...)
}

func (b *bed) topics() int {
	b.server.board.mu.Lock()
	defer b.server.board.mu.Unlock()
	return len(b.server.board.topics)
}

// reader subscribes to topics.
func (b *bed) reader(topics string) *lab.Client {
	b.T.Helper()
	c := b.Connect("/y-webrtc")
	c.Send(`{"type":"subscribe","topics":[` + topics + `]}`)
	c.Send(`{"type":"ping"}`)
	c.Expect(`{"type":"pong"}`)
	return c
}

func failed(code, message string) string {
	return fmt.Sprintf(`{"code":%q,"message":%q,"type":"error"}`, code, message)
}

var (
	bad      = failed(codeBad, "the frame is not a JSON object with a type, topics that are strings, and for publish a topic")
	stranger = failed(codeStranger, "only who subscribes to a topic may publish there")
)

func TestAPublicationReachesSubscribersAndNobodyElse(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		ada, bob, eve := b.reader(`"doc", "other"`), b.reader(`"doc"`), b.reader(`"other"`)
		if n := b.door.Lines(); n != 3 {
			t.Errorf("%d lines are open", n)
		}
		ada.Send(`{"type":"publish","topic":"doc","clients":99,"data":{"type":"announce","from":"<a>"},"more":[1.50]}`)
		want := `{"clients":2,"data":{"type":"announce","from":"<a>"},"more":[1.50],"topic":"doc","type":"publish"}`
		bob.Expect(want)
		ada.Expect(want) // y-webrtc's server echoes, and clients know their own
		ada.ExpectNothing()
		bob.ExpectNothing()
		eve.ExpectNothing()
	})
}

func TestAStrangerReachesNobodyAndHearsNothing(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		ada, eve := b.reader(`"doc"`), b.reader(``)
		for _, topic := range []string{"doc", "none"} { // the same answer, whether or not there is such a topic
			eve.Send(`{"type":"publish","topic":"` + topic + `","data":1}`)
			eve.Expect(stranger)
		}
		ada.ExpectNothing()
		ada.Send(`{"type":"publish","topic":"doc","data":1}`)
		ada.Expect(`{"clients":1,"data":1,"topic":"doc","type":"publish"}`)
		eve.ExpectNothing()
	})
}

func TestWhoUnsubscribesHearsNoMore(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		ada, bob := b.reader(`"doc"`), b.reader(`"doc", "doc"`)
		bob.Send(`{"type":"unsubscribe","topics":["doc","none"]}`)
		bob.Send(`{"type":"ping"}`)
		bob.Expect(`{"type":"pong"}`)
		ada.Send(`{"type":"publish","topic":"doc"}`)
		ada.Expect(`{"clients":1,"topic":"doc","type":"publish"}`)
		bob.ExpectNothing()
		bob.Send(`{"type":"publish","topic":"doc"}`)
		bob.Expect(stranger)
		ada.Conn.Close()
		time.Sleep(time.Millisecond)
		if n := b.topics(); n != 0 {
			t.Errorf("%d topics are left without a subscriber", n)
		}
	})
}

func TestABadFrameEndsNothingButTheThirdThatConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		ada, bob := b.reader(`"doc"`), b.reader(`"doc"`)
		for _, frame := range []string{`{`, `{"type":"publish","data":1}`} {
			ada.Send(frame)
			ada.Expect(bad)
		}
		ada.Send(`{"type":"ping"}`)
		ada.Expect(`{"type":"pong"}`)
		ada.Send(`{"type":"something new"}`)
		ada.ExpectNothing()
		ada.Send(`{"type":"subscribe","topics":[1]}`)
		ada.Expect(bad)
		ada.ExpectClose(signal.CloseMalformed)
		bob.Send(`{"type":"ping"}`)
		bob.Expect(`{"type":"pong"}`)
	})
}

func TestBadFrames(t *testing.T) {
	for _, text := range []string{
		``, `[]`, `null`, `7`, `{}`, `{"type":7}`, `{"type":""}`, `{"Type":"ping"}`,
		`{"type":"subscribe","topics":"doc"}`, `{"type":"subscribe","topics":[""]}`,
		`{"type":"unsubscribe","topics":[["doc"]]}`, `{"type":"subscribe","topics":["` + strings.Repeat("x", topicLimit+1) + `"]}`,
		`{"type":"publish","topic":["doc"]}`, `{"type":"publish","topic":"` + strings.Repeat("x", topicLimit+1) + `"}`,
	} {
		if f, ok := parse([]byte(text)); ok {
			t.Errorf("%.80s parses to %+v", text, f)
		}
	}
}

func TestTopicsOfAConnectionAndSubscribersOfATopicAreBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		greedy := b.Connect("/y-webrtc")
		names := make([]string, topicsPerLine+50)
		for i := range names {
			names[i] = fmt.Sprintf(`"topic %d"`, i)
		}
		greedy.Send(`{"type":"subscribe","topics":[` + strings.Join(names, ",") + `]}`)
		greedy.Expect(failed(codeTooMany, "a connection may subscribe to 128 topics"))
		greedy.Send(`{"type":"subscribe","topics":["topic 0"]}`) // it has that one
		greedy.ExpectNothing()
		if n := b.topics(); n != topicsPerLine {
			t.Errorf("there are %d topics", n)
		}
		for range linesPerTopic - 1 {
			b.reader(`"topic 1"`)
		}
		late := b.Connect("/y-webrtc")
		late.Send(`{"type":"subscribe","topics":["topic 1","topic 2"]}`)
		late.Expect(failed(codeFull, "a topic may have 128 subscribers"))
		late.Send(`{"type":"publish","topic":"topic 1"}`)
		late.Expect(stranger)
		late.Send(`{"type":"publish","topic":"topic 2"}`)
		late.Expect(`{"clients":2,"topic":"topic 2","type":"publish"}`)
	})
}

func TestAPublicationToManyCostsMore(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		for range 4*sharedBy - 1 {
			b.reader(`"doc"`)
		}
		ada := b.reader(`"doc"`)
		time.Sleep(time.Minute) // its budget is full again
		start := time.Now()
		go func() {
			for range 20 {
				ada.Send(`{"type":"publish","topic":"doc"}`)
			}
		}()
		for range 20 {
			ada.Next()
		}
		if waited := time.Since(start); waited < 3900*time.Millisecond || waited > 8*time.Second {
			t.Errorf("20 times 5 messages at 20 a second took %v", waited)
		}
	}, func(door *signal.Config) { door.Limits.PerSession.Messages = signal.Rate{PerSecond: 20, Burst: 20} })
}

func TestAMessageThatIsTooLargeEndsTheConnection(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		c := b.reader(`"doc"`)
		c.Send(`{"type":"publish","topic":"doc","data":"` + strings.Repeat("x", 64<<10) + `"}`)
		c.ExpectClose(1009)
	})
}

func TestASlowReaderIsClosedAndDelaysNobody(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		ada := b.reader(`"doc"`)
		slow := b.Silent("/y-webrtc")
		slow.Send(`{"type":"subscribe","topics":["doc"]}`)
		time.Sleep(time.Millisecond)
		start := time.Now()
		for range 300 {
			ada.Send(`{"type":"publish","topic":"doc"}`)
			ada.Next()
		}
		if waited := time.Since(start); waited != 0 {
			t.Errorf("ada waited %v", waited)
		}
		slow.Listen()
		slow.ExpectClose(4400)
	})
}

func TestAClosedLidIsSeenWithin45Seconds(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		ada := b.reader(`"doc"`)
		asleep := b.Silent("/y-webrtc")
		asleep.Send(`{"type":"subscribe","topics":["doc"]}`)
		deaf := b.Silent("/y-webrtc")
		deaf.Conn.SetPingHandler(func(string) error { return nil })
		deaf.Listen()
		for range 20 { // as the client does
			deaf.Send(`{"type":"ping"}`)
			deaf.Expect(`{"type":"pong"}`)
			time.Sleep(15 * time.Second)
		}
		ada.Send(`{"type":"publish","topic":"doc"}`)
		ada.Expect(`{"clients":1,"topic":"doc","type":"publish"}`)
	})
}

func TestTheDoorIsThatOfTheSignaling(t *testing.T) {
	inBubble(t, func(t *testing.T, b *bed) {
		if _, err := b.Dial("/y-webrtc", nil); err == nil || !strings.HasPrefix(err.Error(), "403") {
			t.Errorf("got %v", err)
		}
	}, func(door *signal.Config) { door.Open = false }) // a pipe is not loopback
	inBubble(t, func(t *testing.T, b *bed) {
		for origin, want := range map[string]bool{"https://app.example": true, "https://evil.example": false} {
			if _, err := b.Dial("/y-webrtc", http.Header{"Origin": {origin}}); (err == nil) != want {
				t.Errorf("%s: %v", origin, err)
			}
		}
		if response, _ := b.Get("/y-webrtc", nil); response.StatusCode != 426 {
			t.Errorf("got %s", response.Status)
		}
	}, func(door *signal.Config) { door.Origins = []string{"https://app.example"} })
}

func TestCloseEndsEverybodyAndLogsNoTopic(t *testing.T) {
	var log bytes.Buffer
	b := new(bed)
	b.Lab = lab.OnLoopback(t, b.begin(slog.New(slog.NewTextHandler(&log, nil))))
	ada, bob := b.reader(`"my secret document"`), b.reader(`"my secret document"`)
	b.Silent("/y-webrtc")
	b.server.Close()
	ada.ExpectClose(1001)
	bob.ExpectClose(1001)
	if _, err := b.Dial("/y-webrtc", nil); err == nil || !strings.HasPrefix(err.Error(), "503") {
		t.Errorf("after Close: %v", err)
	}
	b.server.Close()
	leak.Check(t, "turnpike/signal/ywebrtc.(*Server)", "turnpike/signal.(*Line)")
	if text := log.String(); strings.Count(text, "closed") != 3 || strings.Contains(text, "secret") {
		t.Errorf("the log says\n%s", text)
	}
}
