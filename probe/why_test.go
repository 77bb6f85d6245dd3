package probe

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

var (
	here  = netip.MustParseAddrPort("203.0.113.10:3478")
	there = netip.MustParseAddrPort("203.0.113.10:50011")
)

// good is a server over UDP of which all is well.
func good(change ...func(*Facts)) Facts {
	f := Facts{Host: "turn.test", Port: 3478, Via: UDP, Relay: true, Connect: OK, Binding: OK, Credentials: true, Allocate: OK, At: here, Relayed: there, Outside: OK,
		Traffic: &Traffic{Sent: 200, Received: 200, RTT: Quantiles{P50: 12.4}, Sizes: []Size{{64, 40, 40}, {1200, 40, 40}}}}
	for _, c := range change {
		c(&f)
	}
	return f
}

func over(via Transport, port uint16) func(*Facts) {
	return func(f *Facts) { f.Via, f.Port = via, port }
}

// nothing is a server that does not answer.
func nothing(f *Facts) {
	*f = Facts{Host: f.Host, Port: f.Port, Via: f.Via, Relay: true, Credentials: true, At: f.At}
	if f.Connect = Silent; f.Via == UDP {
		f.Connect, f.Binding = OK, Silent
	}
}

func refusesUDP(f *Facts) { nothing(f); f.Binding = Refused }

func refused(code int) func(*Facts) {
	return func(f *Facts) {
		f.Allocate, f.Error, f.Outside, f.Traffic = Denied, refusal{code: code}, NotTried, nil
	}
}

func TestEachSituationHasItsSentence(t *testing.T) {
	bad := func(c Cause, f Figures) func(*Facts) {
		return func(facts *Facts) {
			nothing(facts)
			facts.Connect, facts.Bad = Closed, &badCertificate{cause: c, figures: f}
		}
	}
	for name, c := range map[string]struct {
		facts    []Facts
		web      bool
		cause    Cause
		sentence string
	}{
		"all is well":        {[]Facts{good()}, false, Good, "Calls work from here. The relay over UDP takes 12 ms there and back."},
		"UDP is preferred":   {[]Facts{good(over(TLS, 443)), good()}, false, Good, "Calls work from here. The relay over UDP takes 12 ms there and back."},
		"STUN alone":         {[]Facts{{Host: "stun.test", Port: 3478, Via: UDP, Connect: OK, Binding: OK, BindingRTT: 3400 * time.Microsecond}}, false, Good, "The server answers in 3.4 ms."},
		"no credentials":     {[]Facts{good(refused(401), func(f *Facts) { f.Credentials, f.Allocate = false, NotTried })}, false, NoCredentials, "Without credentials no more can be seen."},
		"far away":           {[]Facts{good(func(f *Facts) { f.Traffic.RTT.P50 = 340 })}, false, SlowRelayOnly, "Calls work from here, but the relay is far away: 340 ms there and back."},
		"UDP blocked":        {[]Facts{good(nothing), good(over(TCP, 3478))}, false, UDPBlocked, "UDP to port 3478 is blocked between here and the server. Calls will go through TCP and be slower to react."},
		"UDP alone, blocked": {[]Facts{good(nothing, func(f *Facts) { f.OverTCP = true })}, false, UDPBlocked, "UDP to port 3478 is blocked between here and the server. Calls will go through TCP"},
		"TCP blocked":        {[]Facts{good(), good(over(TCP, 3478), nothing)}, false, TCPBlocked, "TCP to port 3478 is blocked between here and the server. Calls go over UDP;"},
		"only 443, relay":    {[]Facts{good(nothing), good(over(TCP, 3478), nothing), good(over(TLS, 443))}, false, OnlyWeb, "Only TCP to port 443 leaves this network. Calls will go through TLS on that port and be slower to react."},
		"only 443, no relay": {[]Facts{good(nothing), good(over(TCP, 3478), nothing)}, true, OnlyWeb, "Only web traffic leaves this network, and no relay listens on port 443: calls do not get through."},
		"nobody there":       {[]Facts{good(nothing), good(over(TCP, 3478), nothing)}, false, ServerDown, "turn.test does not answer on port 3478. The server is down, or a firewall is in front of it."},
		"refused":            {[]Facts{good(refusesUDP)}, true, ServerDown, "turn.test does not answer on port 3478: it refuses UDP. The server is down,"},
		"mute":               {[]Facts{good(over(TCP, 3478), nothing, func(f *Facts) { f.Connect, f.Binding = OK, Silent })}, false, ServerDown, "it takes the connection and says nothing"},
		"no name":            {[]Facts{{Host: "turn.test", NoAddress: true}}, false, NameMissing, "The name turn.test has no address."},
		"families":           {[]Facts{{Here: "IPv4", There: "IPv6"}}, false, NoCommonFamily, "This network has only IPv4, and the server only IPv6."},
		"split": {[]Facts{good(func(f *Facts) { f.Mapped = netip.MustParseAddr("203.0.113.9") }), good(over(TCP, 3478), func(f *Facts) { f.Mapped = netip.MustParseAddr("198.51.100.7") })}, false, VPN,
			"Web traffic leaves by 198.51.100.7, but UDP by 203.0.113.9: a VPN takes part of it."},
		"one family of two":   {[]Facts{{Here: "IPv4", There: "IPv6"}, good()}, false, Good, "Calls work from here."},
		"untrusted":           {[]Facts{good(over(TLS, 443), bad(TLSUntrusted, Figures{Other: "Lab CA"}))}, false, TLSUntrusted, "The certificate of turn.test is not trusted: it was issued by Lab CA."},
		"expired certificate": {[]Facts{good(over(TLS, 443), bad(TLSExpired, Figures{By: 72 * time.Hour}))}, false, TLSExpired, "The certificate of turn.test has expired 3 days ago."},
		"other name":          {[]Facts{good(over(TLS, 443), bad(TLSName, Figures{Other: "other.test"}))}, false, TLSName, "The certificate is not for turn.test, but for other.test."},
		"inspected":           {[]Facts{good(over(TLS, 443), bad(TLSIntercepted, Figures{Other: "Zscaler Inc"}))}, false, TLSIntercepted, "Something between here and turn.test opens TLS connections: the certificate is by Zscaler Inc."},
		"expired credentials": {[]Facts{good(refused(401), func(f *Facts) { f.HasExpiry, f.Expired = true, 30*time.Minute })}, false, CredentialExpired, "The credentials expired 30 min ago."},
		"other secret":        {[]Facts{good(refused(401), func(f *Facts) { f.HasExpiry, f.Expired = true, -time.Hour })}, false, WrongSecret, "The relay refuses the credentials: the password is wrong, or signed with another secret."},
		"clock":               {[]Facts{good(refused(401), func(f *Facts) { f.Clock = time.Hour })}, false, ClockOff, "The clock here is 1 h behind the server's."},
		"clock of another":    {[]Facts{good(refused(401), func(f *Facts) { f.Issuer, f.HasExpiry, f.Expired = time.Hour, true, 50*time.Minute })}, false, ClockOff, "The credentials expired 50 min ago, though they are new: the clock of whoever made them is behind the relay's."},
		"clock the other way": {[]Facts{good(refused(401), func(f *Facts) { f.Clock = -90 * time.Minute })}, false, ClockOff, "The clock here is 1 h 30 min ahead of the server's"},
		"quota":               {[]Facts{good(refused(486))}, false, Quota, "The quota of allocations is used up."},
		"quota at the second": {[]Facts{good(func(f *Facts) { f.Error, f.Traffic, f.Outside = refusal{code: 486}, nil, NotTried })}, false, Quota, "The quota of allocations is used up."},
		"no port":             {[]Facts{good(refused(508))}, false, PortsUsedUp, "The relay has no free port left."},
		"forbidden":           {[]Facts{good(refused(403))}, false, Forbidden, "The server does not let us in: error 403."},
		"sent elsewhere":      {[]Facts{good(refused(300))}, false, Forbidden, "The server does not let us in: error 300."},
		"peer refused": {[]Facts{good(func(f *Facts) {
			f.Error, f.Peer, f.Traffic, f.Outside = refusal{code: 403}, there.Addr(), nil, NotTried
		})}, false, PeerRefused, "The relay refuses 203.0.113.10 as a peer."},
		"ports closed": {[]Facts{good(func(f *Facts) { f.Outside = Silent })}, false, RelaySilent, "What is sent to the relay's port 50011 does not arrive: the relay's ports are closed in a firewall."},
		"no hairpin":   {[]Facts{good(func(f *Facts) { f.Traffic.Received, f.Outside = 0, NotTried })}, false, RelaySilent, "What is sent to the relay's port 50011 does not arrive"},
		"wrong public": {[]Facts{good(func(f *Facts) { f.Outside, f.Relayed = Silent, netip.MustParseAddrPort("203.0.113.99:50011") })}, false, WrongPublicAddress,
			"The relay gives out the address 203.0.113.99, but what is sent there does not arrive."},
		"large packets": {[]Facts{good(func(f *Facts) { f.Traffic.Sizes[1].Received = 0 })}, false, PayloadDropped, "Small packets pass, but those of 1200 bytes get lost on the way."},
		"loss":          {[]Facts{good(func(f *Facts) { f.Traffic.Loss = 9.8 })}, false, Loss, "10 % of packets are lost out and back."},
		"stopped":       {[]Facts{good(func(f *Facts) { f.Stopped, f.Allocate = "Allocate", OK })}, false, Stopped, "The server stopped answering in the middle, after Allocate."},
		"garbage":       {[]Facts{good(nothing, func(f *Facts) { f.Binding = Rubbish })}, false, Garbage, "What answers on port 3478 does not speak STUN."},
		"web server":    {[]Facts{good(over(TCP, 80), nothing, func(f *Facts) { f.Connect, f.Binding = OK, Closed })}, false, Garbage, "What answers on port 80 does not speak STUN."},
		"open relay":    {[]Facts{good(func(f *Facts) { f.Anonymous = true })}, false, Unsafe, "The relay is not safe. It sends for everybody, without credentials."},
		"interrupted":   {[]Facts{{Via: UDP, Connect: Broken}}, false, Interrupted, "The test was interrupted"},
		"the credentials, not the port that is closed": {[]Facts{good(refused(401)), good(over(TCP, 3478), nothing)}, false, WrongSecret, "The relay refuses the credentials"},
		"UDP is not there, TCP is":                     {[]Facts{good(refusesUDP), good(over(TCP, 3478))}, false, ServerDown, "it refuses UDP"},
	} {
		t.Run(name, func(t *testing.T) {
			each, whole := conclude(c.facts, c.web)
			if whole.Cause != c.cause || !strings.Contains(whole.Sentence, c.sentence) {
				t.Errorf("%s: %s", whole.Cause, whole.Sentence)
			}
			if len(each) != len(c.facts) {
				t.Errorf("%d verdicts", len(each))
			}
		})
	}
}

func TestEveryCauseHasASentenceAndWhatToDo(t *testing.T) {
	for _, c := range append([]Cause{Unsafe, NoCredentials, Interrupted}, Causes...) {
		v := Say(c, Figures{Host: "turn.test", Port: 3478})
		if len(v.Sentence) < 10 || !strings.HasSuffix(v.Sentence, ".") {
			t.Errorf("%s: %q", c, v.Sentence)
		}
		if v.Do == "" && c != Good && c != Interrupted {
			t.Errorf("%s does not say what to do", c)
		}
	}
}

func TestNoFactsAreNoPanic(t *testing.T) {
	if _, whole := conclude(nil, true); whole.Cause != "" {
		t.Error(whole)
	}
	for _, o := range []Outcome{NotTried, OK, Silent, Refused, Closed, Rubbish, Denied, Broken} {
		f := Facts{Connect: o, Binding: o, Allocate: o, Outside: o, Credentials: true, Relay: true}
		if _, whole := conclude([]Facts{f, f}, true); whole.Sentence == "" {
			t.Errorf("%q has no sentence", o)
		}
	}
}

func TestATimeIsSaidInItsLargestUnits(t *testing.T) {
	for d, want := range map[time.Duration]string{12 * time.Second: "12 s", 30 * time.Minute: "30 min", time.Hour: "1 h", 61 * time.Minute: "1 h 1 min", 59*time.Minute + 50*time.Second: "1 h", 80 * time.Hour: "3 days"} {
		if got := span(d); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
}
