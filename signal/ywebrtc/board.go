package ywebrtc

import (
	"fmt"
	"sync"

	"turnpike/signal"
)

// client is one connection.
type client struct {
	line      *signal.Line
	malformed int                 // of the reading goroutine
	topics    map[string]struct{} // guarded by board.mu
}

func newClient(line *signal.Line) *client {
	return &client{line: line, topics: make(map[string]struct{})}
}

// refuse tells a client why something was not done. y-webrtc takes no notice.
func (c *client) refuse(code string) {
	reasons := map[string]string{
		codeTooMany:  fmt.Sprintf("a connection may subscribe to %d topics", topicsPerLine),
		codeFull:     fmt.Sprintf("a topic may have %d subscribers", linesPerTopic),
		codeStranger: "only who subscribes to a topic may publish there",
	}
	c.line.Send(failure(code, reasons[code]))
}

// board knows who subscribes to what.
type board struct {
	mu     sync.Mutex // guards the following, and the topics of clients
	topics map[string]map[*client]struct{}
}

func newBoard() *board { return &board{topics: make(map[string]map[*client]struct{})} }

// subscribe returns the code of why not, or "".
func (b *board) subscribe(c *client, topic string) (code string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := c.topics[topic]; ok {
		return ""
	}
	switch {
	case len(c.topics) >= topicsPerLine:
		return codeTooMany
	case len(b.topics[topic]) >= linesPerTopic:
		return codeFull
	}
	if b.topics[topic] == nil {
		b.topics[topic] = make(map[*client]struct{})
	}
	b.topics[topic][c] = struct{}{}
	c.topics[topic] = struct{}{}
	return ""
}

func (b *board) unsubscribe(c *client, topic string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.remove(c, topic)
}

func (b *board) remove(c *client, topic string) {
	if _, ok := c.topics[topic]; !ok {
		return
	}
	delete(c.topics, topic)
	delete(b.topics[topic], c)
	if len(b.topics[topic]) == 0 {
		delete(b.topics, topic)
	}
}

// leave takes a client out of everything.
func (b *board) leave(c *client) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for topic := range c.topics {
		b.remove(c, topic)
	}
}

// subscribers counts those of a topic, for one of them; a stranger is told 0.
func (b *board) subscribers(c *client, topic string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := c.topics[topic]; !ok {
		return 0
	}
	return len(b.topics[topic])
}

// publish queues a frame for every subscriber.
func (b *board) publish(topic string, frame []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for to := range b.topics[topic] {
		to.line.Send(frame)
	}
}
