package turnserver

import (
	"flag"
	"fmt"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/pion/stun/v3"
)

// testPath is the data path of the servers that tests start.
var testPath = flag.String("datapath", "", "run the tests over this data path alone")

// TestMain runs every test over every data path.
func TestMain(m *testing.M) {
	flag.Parse()
	paths := []string{"portable", "batched"}
	switch {
	case *testPath != "":
		paths = []string{*testPath}
	case runtime.GOOS != "linux", flag.Lookup("test.list").Value.String() != "", flag.Lookup("test.fuzz").Value.String() != "":
		paths = paths[:1]
	}
	for _, path := range paths {
		*testPath = path
		if code := m.Run(); code != 0 {
			fmt.Println("over the data path", path)
			os.Exit(code)
		}
	}
}

func TestDataPathIsChosenAndSaid(t *testing.T) {
	best := "portable"
	if runtime.GOOS == "linux" {
		best = "batched"
	}
	for word, want := range map[string]string{"": best, "auto": best, "portable": "portable"} {
		t.Run(word, func(t *testing.T) {
			s := newTestServer(t, func(c *Config) { c.DataPath = word })
			if name, why := s.DataPath(); name != want || why == "" {
				t.Errorf("%q because %q, want %q", name, why, want)
			}
		})
	}
	if _, err := Listen(Config{
		Relay: RelayConfig{Addresses: []RelayAddress{{loopback, loopback}}, MinPort: 49152, MaxPort: 65535}, DataPath: "fast",
		Credentials: CredentialConfig{Secrets: []string{testSecret}},
	}); err == nil || !strings.Contains(err.Error(), "turn.datapath") {
		t.Errorf("fast: %v", err)
	}
}

func TestInboxThatIsFullDropsAndCounts(t *testing.T) {
	b := inbox{wake: make(chan struct{}, 1)}
	fill := func(n int) *parcel {
		p := new(parcel)
		for i := range n {
			p.add(forwarded{data: []byte{byte(i)}})
		}
		return p
	}
	if n := b.put(fill(forwardQueue - 1)); n != 0 {
		t.Errorf("%d dropped while there was room", n)
	}
	if n := b.put(fill(3)); n != 2 {
		t.Errorf("%d dropped, want 2", n)
	}
	<-b.wake
	if n := len(b.take()); n != forwardQueue {
		t.Errorf("%d taken", n)
	}
	long := new(parcel)
	long.add(forwarded{data: make([]byte, forwardQueueBytes-1)})
	b.put(long)
	if n := b.put(fill(2)); n != 1 {
		t.Errorf("%d dropped, want 1 for its bytes", n)
	}
}

// An address of the host may go, and come back.
func TestListenerThatGoesAndComesBackIsServed(t *testing.T) {
	s := newTestServer(t, func(c *Config) { c.Shards = 1 })
	at := s.listeners.addrs("udp")[0]
	for range 3 {
		c := newRawClient(t, s)
		c.request(stun.MethodAllocate, requestedUDP)
		s.listeners.mu.Lock()
		s.listeners.packets["udp"][at].close()
		if conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(at)); err != nil {
			t.Error("the address is still held: ", err)
		} else {
			conn.Close()
		}
		l, err := listenPackets(s, "udp", at)
		if err != nil {
			t.Fatal(err)
		}
		s.listeners.packets["udp"][at] = l
		l.serve(s)
		s.listeners.mu.Unlock()
		c.request(stun.MethodRefresh)
	}
}
