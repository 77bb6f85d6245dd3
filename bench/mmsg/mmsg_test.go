//go:build linux

package mmsg

import (
	"net/netip"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func newSocket(t *testing.T, at string) (fd int, name Name) {
	t.Helper()
	addr := netip.MustParseAddrPort(at)
	domain, sa := unix.AF_INET6, unix.Sockaddr(&unix.SockaddrInet6{Addr: addr.Addr().As16()})
	if addr.Addr().Is4() {
		domain, sa = unix.AF_INET, &unix.SockaddrInet4{Addr: addr.Addr().As4()}
	}
	fd, err := unix.Socket(domain, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.Bind(fd, sa); err != nil {
		t.Skip(err)
	}
	bound, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	switch b := bound.(type) {
	case *unix.SockaddrInet4:
		return fd, NameOf(netip.AddrPortFrom(netip.AddrFrom4(b.Addr), uint16(b.Port)))
	case *unix.SockaddrInet6:
		return fd, NameOf(netip.AddrPortFrom(netip.AddrFrom16(b.Addr), uint16(b.Port)))
	}
	t.Fatal("no address")
	return 0, name
}

func TestDatagramsArriveWithTheirAddressesAndTimes(t *testing.T) {
	for at, source := range map[string]string{"127.0.0.1:0": "127.0.0.9", "[::1]:0": "::1"} {
		t.Run(at, func(t *testing.T) {
			from := netip.MustParseAddr(source)
			local := "0.0.0.0:0"
			if from.Is6() {
				local = "[::]:0"
			}
			sender, _ := newSocket(t, local)
			receiver, to := newSocket(t, at)
			if err := Learn(receiver, from.Is6()); err != nil {
				t.Fatal(err)
			}
			out, in := NewBatch(100), NewBatch(100)
			out.Leave(from)
			host := from.AsSlice()
			for i := range 3 {
				copy(out.Buffer(i), []byte{'p', byte(i)})
				out.Fill(i, &to, 2+i)
				out.Source(i, uint32(host[len(host)-4])<<24|uint32(host[len(host)-1]))
			}
			before := time.Now().UnixNano()
			if n, err := out.Send(sender, 0, 3); n != 3 {
				t.Fatal(n, err)
			}
			for range 2 { // the second time the batch has been used
				n, err := in.Receive(receiver, 1)
				if n != 3 {
					t.Fatal(n, err)
				}
				for i := range n {
					d := in.Data(i + 1)
					if len(d) != 2+i || d[0] != 'p' || d[1] != byte(i) {
						t.Errorf("datagram %d: %q", i, d)
					}
					if a := in.From(i + 1).AddrPort().Addr(); a != from {
						t.Errorf("from %v, want %v", a, from)
					}
					low, when := in.Arrival(i + 1)
					if low&0xff != 1 || when < before || when > time.Now().UnixNano() {
						t.Errorf("arrived at %x, %d ns after it was sent", low, when-before)
					}
				}
				if n, err := out.Send(sender, 0, 3); n != 3 {
					t.Fatal(n, err)
				}
			}
		})
	}
}

func TestReceivingFromAnEmptySocketDoesNotWait(t *testing.T) {
	fd, _ := newSocket(t, "127.0.0.1:0")
	if n, err := NewBatch(10).Receive(fd, 0); n != 0 || err != unix.EAGAIN {
		t.Error(n, err)
	}
}

func TestBatchesDoNotAllocate(t *testing.T) {
	sender, _ := newSocket(t, "127.0.0.1:0")
	receiver, to := newSocket(t, "127.0.0.1:0")
	out, in := NewBatch(100), NewBatch(100)
	if got := testing.AllocsPerRun(100, func() {
		for i := range 8 {
			out.Fill(i, &to, 10)
		}
		out.Send(sender, 0, 8)
		in.Receive(receiver, 0)
	}); got != 0 {
		t.Errorf("%v allocations", got)
	}
}

func TestNamesAreAddresses(t *testing.T) {
	for _, s := range []string{"198.18.0.1:3478", "[2001:2::1]:65535"} {
		want := netip.MustParseAddrPort(s)
		name := NameOf(want)
		if got := name.AddrPort(); got != want {
			t.Errorf("%v, want %v", got, want)
		}
	}
}
