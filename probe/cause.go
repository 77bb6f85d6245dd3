package probe

// Cause is why a server is not of use from here, or that it is. The test page knows the same causes by the same names.
type Cause string

// The causes that the test page and this package share, the most telling first: where servers fail for several, the first one found is the verdict.
const (
	NameMissing        Cause = "name-missing"
	NoCommonFamily     Cause = "no-common-family"
	Forbidden          Cause = "forbidden"
	ClockOff           Cause = "clock-off"
	CredentialExpired  Cause = "credential-expired"
	WrongSecret        Cause = "wrong-secret"
	Quota              Cause = "quota"
	PortsUsedUp        Cause = "ports-used-up"
	WrongPublicAddress Cause = "wrong-public-address"
	RelaySilent        Cause = "relay-silent"
	PeerRefused        Cause = "peer-refused"
	PayloadDropped     Cause = "payload-dropped"
	Stopped            Cause = "stopped"
	Garbage            Cause = "garbage"
	TLSIntercepted     Cause = "tls-intercepted"
	TLSExpired         Cause = "tls-expired"
	TLSName            Cause = "tls-name"
	TLSUntrusted       Cause = "tls-untrusted"
	OnlyWeb            Cause = "only-web"
	UDPBlocked         Cause = "udp-blocked"
	TCPBlocked         Cause = "tcp-blocked"
	ServerDown         Cause = "server-down"
	Loss               Cause = "loss"
	VPN                Cause = "vpn"
	SlowRelayOnly      Cause = "slow-relay-only"
	Symmetric          Cause = "symmetric"
	OtherSide          Cause = "other-side"
	Good               Cause = "good"
)

// The causes that only this package has: nobody asks a page for them.
const (
	Unsafe        Cause = "unsafe"
	NoCredentials Cause = "no-credentials"
	Interrupted   Cause = "interrupted"
)

// Causes lists those that are shared, the most telling first.
var Causes = []Cause{
	NameMissing, NoCommonFamily, Forbidden, ClockOff, CredentialExpired, WrongSecret, Quota, PortsUsedUp, WrongPublicAddress, RelaySilent, PeerRefused,
	PayloadDropped, Stopped, Garbage, TLSIntercepted, TLSExpired, TLSName, TLSUntrusted, OnlyWeb, UDPBlocked, TCPBlocked, ServerDown, Loss, VPN,
	SlowRelayOnly, Symmetric, OtherSide, Good,
}

// works tells whether calls get through all the same.
func (c Cause) works() bool {
	switch c {
	case Good, SlowRelayOnly, VPN, Symmetric, OtherSide, NoCredentials:
		return true
	}
	return false
}
