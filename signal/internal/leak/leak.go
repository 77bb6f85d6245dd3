// Package leak finds goroutines that outlive a test.
package leak

import (
	"runtime"
	"strings"
	"testing"
	"time"
)

// Check fails if a goroutine has one of these on its stack for long.
func Check(t testing.TB, names ...string) {
	t.Helper()
	var stacks string
	for range 2000 {
		buf := make([]byte, 1<<20)
		stacks = string(buf[:runtime.Stack(buf, true)])
		running := false
		for _, name := range names {
			running = running || strings.Contains(stacks, name)
		}
		if !running {
			return
		}
		// The last deferred calls of a handler return after Close has seen it go.
		time.Sleep(time.Millisecond)
	}
	t.Errorf("goroutines are left after Close:\n%s", stacks)
}
