//go:build linux

package load

import (
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/pion/stun/v3"
)

// A fakeServer relays on loopback, for whoever asks, and does to packets toward peers what a test wants.
type fakeServer struct {
	conn *net.UDPConn
	do   func(n int, payload []byte, to *netip.AddrPort) (times int)
	wait sync.WaitGroup

	mu      sync.Mutex
	clients map[netip.AddrPort]*fakeRelay
	count   int
}

type fakeRelay struct {
	conn    *net.UDPConn
	peer    netip.AddrPort
	channel uint16
}

func newFakeServer(t *testing.T, do func(int, []byte, *netip.AddrPort) int) *fakeServer {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	s := &fakeServer{conn: conn, do: do, clients: make(map[netip.AddrPort]*fakeRelay)}
	s.wait.Go(s.serve)
	t.Cleanup(func() {
		conn.Close()
		s.mu.Lock()
		for _, r := range s.clients {
			r.conn.Close()
		}
		s.mu.Unlock()
		s.wait.Wait()
	})
	return s
}

func (s *fakeServer) serve() {
	buf := make([]byte, 2000)
	for {
		n, from, err := s.conn.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		s.mu.Lock()
		r := s.clients[from]
		if buf[0]>>6 == 1 && r != nil {
			payload, to := buf[4:4+binary.BigEndian.Uint16(buf[2:])], r.peer
			s.count++
			for range s.do(s.count, payload, &to) {
				_, _ = r.conn.WriteToUDPAddrPort(payload, to)
			}
		} else {
			s.answer(from, r, buf[:n])
		}
		s.mu.Unlock()
	}
}

func (s *fakeServer) answer(from netip.AddrPort, r *fakeRelay, data []byte) {
	m := &stun.Message{Raw: data}
	if m.Decode() != nil {
		return
	}
	out := stun.MustBuild(stun.NewTransactionIDSetter(m.TransactionID), stun.NewType(m.Type.Method, stun.ClassSuccessResponse))
	switch m.Type.Method {
	case stun.MethodAllocate:
		if r == nil {
			conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
			if err != nil {
				return
			}
			r = &fakeRelay{conn: conn}
			s.clients[from] = r
			s.wait.Go(func() { s.down(from, r) })
		}
		at := r.conn.LocalAddr().(*net.UDPAddr)
		_ = (&stun.XORMappedAddress{IP: at.IP.To4(), Port: at.Port}).AddToAs(out, stun.AttrXORRelayedAddress)
	case stun.MethodChannelBind:
		var peer stun.XORMappedAddress
		_ = peer.GetFromAs(m, stun.AttrXORPeerAddress)
		ip, _ := netip.AddrFromSlice(peer.IP)
		number, _ := m.Get(stun.AttrChannelNumber)
		r.peer, r.channel = netip.AddrPortFrom(ip.Unmap(), uint16(peer.Port)), binary.BigEndian.Uint16(number)
	}
	_, _ = s.conn.WriteToUDPAddrPort(out.Raw, from)
}

func (s *fakeServer) down(client netip.AddrPort, r *fakeRelay) {
	buf := make([]byte, 2000)
	for {
		n, _, err := r.conn.ReadFromUDPAddrPort(buf[4:])
		if err != nil {
			return
		}
		s.mu.Lock()
		putChannelHeader(buf, r.channel, n)
		s.mu.Unlock()
		_, _ = s.conn.WriteToUDPAddrPort(buf[:4+n], client)
	}
}

// newTestGenerator has all of 127.0.0.0/8 for its clients and peers.
func newTestGenerator(t *testing.T, s *fakeServer, flows int) *Generator {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("large socket buffers need root")
	}
	job := Job{
		Clients: netip.MustParsePrefix("127.77.64.0/18"), Peers: netip.MustParsePrefix("127.77.128.0/18"), Transport: UDP, Path: Relay, Flows: flows,
		Secret: "0123456789abcdef", Server: netip.MustParseAddrPort("127.0.0.1:9"),
	}
	if s == nil {
		job.Path = Direct
	} else {
		job.Server = s.conn.LocalAddr().(*net.UDPAddr).AddrPort()
	}
	g, err := New(job)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	if _, err := g.SetUp(flows); err != nil {
		t.Fatal(err)
	}
	return g
}

var small = Load{Size: 172, Rate: 2000, Burst: 1, Tick: time.Millisecond, Duration: 200 * time.Millisecond}

func add(sum, r *Result) {
	sum.Sent += r.Sent
	sum.Received += r.Received
	sum.Wrong += r.Wrong
	sum.Disordered += r.Disordered
	for d, n := range r.Lost {
		sum.Lost[d] += n
	}
}

func TestEveryPacketIsAccountedFor(t *testing.T) {
	for name, c := range map[string]struct {
		do    func(n int, payload []byte, to *netip.AddrPort) int
		check func(r *Result, up uint64) bool
	}{
		"all arrive": {
			func(int, []byte, *netip.AddrPort) int { return 1 },
			func(r *Result, _ uint64) bool { return r.Received == r.Sent && r.Wrong == 0 },
		},
		"one in ten is dropped": {
			func(n int, _ []byte, _ *netip.AddrPort) int { return min(n%10, 1) },
			func(r *Result, n uint64) bool { return r.Lost[up] == n/10 && r.Lost[down] == 0 && r.Wrong == 0 },
		},
		"one in ten has another byte": {
			func(n int, payload []byte, _ *netip.AddrPort) int {
				if n%10 == 0 {
					payload[100]++
				}
				return 1
			},
			func(r *Result, n uint64) bool { return r.Wrong == n/10 && r.Lost[up] == n/10 },
		},
		"one in ten goes to another peer": {
			func(n int, _ []byte, to *netip.AddrPort) int {
				if n%10 == 0 {
					*to = netip.AddrPortFrom(to.Addr().Next(), to.Port())
				}
				return 1
			},
			func(r *Result, n uint64) bool { return r.Wrong > 0 && r.Lost[up] == n/10 },
		},
		"one in ten comes twice": {
			func(n int, _ []byte, _ *netip.AddrPort) int {
				if n%10 == 0 {
					return 2
				}
				return 1
			},
			func(r *Result, n uint64) bool { return r.Disordered == n/10 && r.Received == r.Sent },
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newFakeServer(t, c.do)
			g := newTestGenerator(t, s, 8)
			r, sent := new(Result), uint64(0)
			for tries := 0; sent < 100 && tries < 50; tries++ { // a busy machine sends less in its time
				add(r, g.Run(small))
				s.mu.Lock()
				sent = uint64(s.count)
				s.mu.Unlock()
			}
			if sent < 100 || r.Sent < 2*sent-20 || !c.check(r, sent) {
				t.Errorf("%d toward peers: sent %d, received %d, lost %v, wrong %d, disordered %d", sent, r.Sent, r.Received, r.Lost, r.Wrong, r.Disordered)
			}
		})
	}
}

func TestAClosedLoopOutlivesItsLosses(t *testing.T) {
	s := newFakeServer(t, func(n int, _ []byte, _ *netip.AddrPort) int { return min(n%3, 1) })
	g := newTestGenerator(t, s, 8)
	// Each time the window is lost, it is made new after some slices.
	r := new(Result)
	for end := time.Now().Add(20 * time.Second); r.Lost[up] <= 64/2 && time.Now().Before(end); {
		r = g.Run(Load{Size: 172, Window: 64, Burst: 1, Duration: 1200 * time.Millisecond})
	}
	if r.Lost[up] <= 64/2 || r.Lost[down] != 0 {
		t.Errorf("lost %v of %d", r.Lost, r.Sent)
	}
}

func TestRefusedRequestsAreTold(t *testing.T) {
	g := newTestGenerator(t, nil, 1)
	for code, fatal := range map[stun.ErrorCode]bool{stun.CodeUnauthorized: false, stun.CodeForbidden: true, stun.CodeAllocQuotaReached: true} {
		f := &g.flows[0]
		f.dialog = dialog{}
		m := stun.MustBuild(stun.TransactionID, stun.NewType(stun.MethodAllocate, stun.ClassErrorResponse), code, stun.NewRealm("r"), stun.NewNonce("n"))
		if err := g.answered(f, m); (err != nil) != fatal {
			t.Errorf("%d: %v", code, err)
		}
		if !fatal && g.answered(f, m) == nil {
			t.Errorf("%d for the second time is taken for a challenge", code)
		}
	}
}

func TestPacketsDoNotAllocate(t *testing.T) {
	g := newTestGenerator(t, nil, 8)
	run := func(d time.Duration) (packets, mallocs uint64) {
		l := small
		l.Rate, l.Duration = 20_000, d
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r := g.Run(l)
		runtime.ReadMemStats(&after)
		return r.Received, after.Mallocs - before.Mallocs
	}
	run(20 * time.Millisecond)
	packets, mallocs := run(300 * time.Millisecond)
	for tries := 0; packets < 1000 && tries < 20; tries++ {
		packets, mallocs = run(300 * time.Millisecond)
	}
	if packets < 1000 || mallocs > 50 {
		t.Errorf("%d allocations for %d packets", mallocs, packets)
	}
}
