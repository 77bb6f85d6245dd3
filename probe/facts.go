package probe

import (
	"context"
	"errors"
	"net/netip"
	"time"
)

// Outcome is how a step ended.
type Outcome string

const (
	NotTried Outcome = ""
	OK       Outcome = "ok"
	Silent   Outcome = "silent"
	Refused  Outcome = "refused" // by an ICMP error or a TCP reset
	Closed   Outcome = "closed"
	Rubbish  Outcome = "garbage"
	Denied   Outcome = "denied" // an error response
	Broken   Outcome = "interrupted"
)

func outcome(err error) Outcome {
	switch {
	case err == nil:
		return OK
	case errors.Is(err, context.Canceled):
		return Broken
	case errors.Is(err, errSilent), errors.Is(err, context.DeadlineExceeded):
		return Silent
	case errors.Is(err, errRefused):
		return Refused
	case errors.Is(err, errNotSTUN), errors.Is(err, errNotTLS):
		return Rubbish
	case errors.As(err, new(refusal)):
		return Denied
	}
	return Closed
}

// Facts are what was seen of one server over one transport. Nothing else decides the verdict.
type Facts struct {
	Host  string
	Port  uint16
	Via   Transport
	Relay bool // TURN was asked for

	NoAddress   bool
	Here, There string // the families, where there is none in common
	Bad         *badCertificate
	Connect     Outcome
	Binding     Outcome
	BindingRTT  time.Duration
	OverTCP     bool // where UDP was silent: TCP to the same port answers

	Anonymous   bool // an allocation was had without credentials
	Credentials bool // there are any
	Allocate    Outcome
	Error       refusal       // of Allocate, or what came after it
	Expired     time.Duration // how long ago, by the credentials and the clock here; negative: not yet
	HasExpiry   bool
	Clock       time.Duration // how far the clock here is behind the server's; 0: it is not known to be
	Issuer      time.Duration // how far the clock of whoever made the credentials is behind ours; 0: it is not known to be

	Limit   int    // the quota, where the relay says so
	Stopped string // the step in which a server fell silent that had answered before
	Peer    netip.Addr
	Mapped  netip.Addr // where the server saw us
	Relayed netip.AddrPort
	At      netip.AddrPort
	Outside Outcome // from here straight to the relayed address
	Traffic *Traffic
}

// Limits of what is called good.
const (
	lossLimit = 2.0   // percent
	slowLimit = 300.0 // ms
	skewLimit = 30 * time.Second
)

// diagnose says what is with one server, as far as it can be known without the others.
func diagnose(f Facts) Verdict {
	here := Figures{Host: f.Host, Port: f.Port}
	switch {
	case f.NoAddress:
		return Say(NameMissing, here)
	case f.Here != "":
		return Say(NoCommonFamily, Figures{Other: f.Here, Address: f.There})
	case f.Bad != nil:
		figures := f.Bad.figures
		figures.Host = f.Host
		return Say(f.Bad.cause, figures)
	case f.Connect == Broken || f.Binding == Broken || f.Allocate == Broken:
		return Say(Interrupted, here)
	case f.Connect != OK:
		return f.unanswered(f.Connect)
	case f.Stopped != "":
		return Say(Stopped, Figures{Other: f.Stopped})
	case f.Binding != OK && f.Allocate != OK && f.Allocate != Denied:
		return f.unanswered(f.Binding)
	case !f.Relay && f.Binding == OK:
		return Say(Good, Figures{RTT: millis(f.BindingRTT)})
	case !f.Credentials && f.Allocate != OK:
		return Say(NoCredentials, Figures{RTT: millis(f.BindingRTT)})
	case f.Anonymous:
		return Say(Unsafe, Figures{Other: inWords["anonymous"]})
	case f.Allocate == Denied:
		return f.denied()
	case f.Allocate != OK:
		return f.unanswered(f.Allocate)
	}
	return f.relays()
}

// unanswered is of a server from which nothing of use came.
func (f Facts) unanswered(how Outcome) Verdict {
	here := Figures{Host: f.Host, Port: f.Port}
	switch {
	case how == Rubbish:
		return Say(Garbage, here)
	case how == Closed && f.Connect == OK:
		return Say(Garbage, here) // it listened, and did not like what it heard
	case how == Closed && f.Via.secure():
		return Say(Stopped, Figures{Other: "the first packet of the TLS handshake"})
	case how == Refused:
		here.Other = "it refuses " + string(f.Via)
	case f.Via == UDP && f.OverTCP:
		return Say(UDPBlocked, Figures{Port: f.Port, Via: TCP})
	case f.Via.stream() && f.Connect == OK:
		here.Other = "it takes the connection and says nothing"
	}
	return Say(ServerDown, here)
}

// denied is of an Allocate that was refused.
func (f Facts) denied() Verdict {
	switch f.Error.code {
	case 401, 403, 438:
		switch {
		case f.Clock.Abs() > skewLimit:
			return Say(ClockOff, Figures{By: f.Clock})
		case f.Issuer > skewLimit && f.Expired > 0:
			return Say(ClockOff, Figures{Other: issuer, By: f.Expired})
		case f.HasExpiry && f.Expired > 0:
			return Say(CredentialExpired, Figures{By: f.Expired})
		case f.Error.code == 401:
			return Say(WrongSecret, Figures{})
		}
	case 486:
		return Say(Quota, Figures{Limit: f.Limit})
	case 508:
		return Say(PortsUsedUp, Figures{})
	}
	return Say(Forbidden, Figures{Other: f.Error.Error()})
}

// relays is of a server that gave us allocations.
func (f Facts) relays() Verdict {
	if f.Outside == Silent {
		if f.Relayed.Addr() != f.At.Addr() {
			return Say(WrongPublicAddress, Figures{Address: f.Relayed.Addr().String()})
		}
		return Say(RelaySilent, Figures{Port: f.Relayed.Port()})
	}
	t := f.Traffic
	switch {
	case f.Error.code == 486:
		return Say(Quota, Figures{Limit: f.Limit})
	case f.Error.code == 508:
		return Say(PortsUsedUp, Figures{})
	case t == nil && f.Peer.IsValid():
		return Say(PeerRefused, Figures{Address: f.Peer.String()})
	case t == nil && f.Error.code != 0:
		return Say(Forbidden, Figures{Other: f.Error.Error()})
	case t == nil:
		return Say(Interrupted, Figures{})
	case t.Received == 0:
		return Say(RelaySilent, Figures{Port: f.Relayed.Port()})
	case t.tooLarge() > 0:
		return Say(PayloadDropped, Figures{Bytes: t.tooLarge()})
	case t.Loss >= lossLimit:
		return Say(Loss, Figures{Percent: t.Loss})
	case t.RTT.P50 > slowLimit:
		return Say(SlowRelayOnly, Figures{RTT: t.RTT.P50})
	}
	return Say(Good, Figures{Via: f.Via, RTT: t.RTT.P50})
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
