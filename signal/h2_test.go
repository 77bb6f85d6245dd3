package signal

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// overHTTP2 is a poster as browsers are over https.
func (l *lab) overHTTP2() *poster {
	p := l.poster()
	transport := p.http.Transport.(*http.Transport)
	transport.Protocols = new(http.Protocols)
	transport.Protocols.SetUnencryptedHTTP2(true)
	return p
}

// HTTP/2 resets a stream whose write deadline passes, also while nothing is written.
func TestAnEventStreamOverHTTP2LastsThroughSilence(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada := l.overHTTP2()
		ada.hello()
		e := ada.open()
		for range 4 {
			time.Sleep(deadAfter - heartbeat)
			ada.post(`{"type": "ping"}`)
			e.expect("pong")
		}
	})
}

// Once its handler has returned, HTTP/2 has taken the response apart.
func TestAnEventStreamThatIsOverIsNotTouched(t *testing.T) {
	inBubble(t, func(t *testing.T, l *lab) {
		ada := l.overHTTP2()
		ada.hello()
		e := ada.open()
		l.server.mu.Lock()
		var open *link
		for open = range l.server.links {
		}
		l.server.mu.Unlock()
		e.stop()
		synctest.Wait()
		open.transport.hurry(time.Now()) // by somebody who was about to
	})
}
