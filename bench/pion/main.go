// Command pion is the example server of github.com/pion/turn v4, with time-limited credentials, and TCP and TLS beside UDP. It relays IPv4 only, as
// pion does.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/pion/logging"
	"github.com/pion/turn/v4"
)

func main() {
	address := flag.String("address", "", "to listen and to relay on")
	port := flag.Int("port", 3478, "for UDP and TCP")
	tlsPort := flag.Int("tls-port", 5349, "for TLS")
	cert := flag.String("cert", "", "PEM file")
	key := flag.String("key", "", "PEM file")
	realm := flag.String("realm", "bench", "")
	secret := flag.String("secret", "", "that signs credentials")
	flag.Parse()
	if err := serve(*address, *port, *tlsPort, *cert, *key, *realm, *secret); err != nil {
		fmt.Fprintln(os.Stderr, "pion:", err)
		os.Exit(1)
	}
	select {}
}

func serve(address string, port, tlsPort int, cert, key, realm, secret string) error {
	relays := &turn.RelayAddressGeneratorStatic{RelayAddress: net.ParseIP(address), Address: address}
	packets, err := net.ListenPacket("udp4", fmt.Sprint(address, ":", port))
	if err != nil {
		return err
	}
	// What the kernel gives by default is overrun by bursts, with any server.
	if err := packets.(*net.UDPConn).SetReadBuffer(4 << 20); err != nil {
		return err
	}
	streams, err := net.Listen("tcp4", fmt.Sprint(address, ":", port))
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		return err
	}
	secure, err := tls.Listen("tcp4", fmt.Sprint(address, ":", tlsPort), &tls.Config{Certificates: []tls.Certificate{pair}})
	if err != nil {
		return err
	}
	quiet := &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled}
	_, err = turn.NewServer(turn.ServerConfig{
		Realm:         realm,
		AuthHandler:   turn.LongTermTURNRESTAuthHandler(secret, quiet.NewLogger("auth")),
		LoggerFactory: quiet,
		PacketConnConfigs: []turn.PacketConnConfig{
			{PacketConn: packets, RelayAddressGenerator: relays},
		},
		ListenerConfigs: []turn.ListenerConfig{
			{Listener: streams, RelayAddressGenerator: relays},
			{Listener: secure, RelayAddressGenerator: relays},
		},
	})
	return err
}
