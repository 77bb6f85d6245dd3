package main

import (
	"net"

	"github.com/pion/turn/v4"
	"github.com/rogpeppe/go-internal/testscript"
)

// relay lets a user of the configuration have a relayed address, until the script ends.
func relay(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: relay ADDRESS USER")
	}
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	ts.Check(err)
	client, err := turn.NewClient(&turn.ClientConfig{TURNServerAddr: args[0], Conn: conn, Username: args[1], Password: "a password of some length"})
	ts.Check(err)
	ts.Check(client.Listen())
	_, err = client.Allocate()
	ts.Defer(func() {
		client.Close()
		conn.Close()
	})
	switch {
	case neg && err == nil:
		ts.Fatalf("%s is let in", args[1])
	case !neg:
		ts.Check(err)
	}
}
