// Command turnpike gets two peers through NAT: a STUN/TURN relay, the signaling
// by which peers meet, and a page that makes a call, in one daemon.
//
//	turnpike [serve] [-config FILE]
//	turnpike check [-config FILE]
//	turnpike credentials [-config FILE] [-user NAME] [-ttl 1h] [-format rtc]
//	turnpike doctor [-config FILE] [-via stun:HOST]
//	turnpike probe URL… -user U -pass P
//	turnpike conformance URL -user U -pass P
//	turnpike sessions | disconnect USER | drain
//	turnpike version
//
// It exits with 0, with 1 if what was asked for failed, with 2 if it was asked
// wrongly. What is asked for goes to standard output, all else to standard error.
//
// The package starts one goroutine for each thing that serves, all in serve.go,
// which waits for every one of them. Its locks are those of a crowd, which counts
// connections, of a certificate, which is exchanged, and of a drainer; each is taken
// alone, but for the relay's and signaling's beneath the drainer's.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	hangup := make(chan os.Signal, 1) // one is enough: the file is read after the last
	signal.Notify(hangup, syscall.SIGHUP)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr, hangup)
	stop()
	os.Exit(code)
}
