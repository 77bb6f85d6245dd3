package probe

import (
	"fmt"
	"strings"
	"time"
)

// issuer as Figures.Other says that it is the clock of whoever made the credentials that is off, and Figures.By when they expired.
const issuer = "issuer"

// Figures are what a sentence is filled with; those that are not known are zero.
type Figures struct {
	Host    string        `json:"host,omitempty"`
	Port    uint16        `json:"port,omitempty"`
	Via     Transport     `json:"transport,omitempty"` // what works
	Address string        `json:"address,omitempty"`
	Other   string        `json:"other,omitempty"` // an address, a name, a family, a reason; the sentence says which
	By      time.Duration `json:"-"`
	Percent float64       `json:"percent,omitempty"`
	RTT     float64       `json:"rtt_ms,omitempty"`
	Bytes   int           `json:"bytes,omitempty"`
	Limit   int           `json:"limit,omitempty"`
}

// A Verdict is a cause in words: one sentence of what is, and one of what to do.
type Verdict struct {
	Cause    Cause   `json:"cause"`
	Sentence string  `json:"sentence"`
	Do       string  `json:"do,omitempty"`
	Figures  Figures `json:"figures"`
	Seconds  float64 `json:"seconds,omitempty"` // Figures.By
}

// Say puts a cause into words.
func Say(c Cause, f Figures) Verdict {
	v := Verdict{Cause: c, Figures: f, Seconds: f.By.Round(time.Second).Seconds()}
	v.Sentence, v.Do = words(c, f)
	return v
}

func words(c Cause, f Figures) (sentence, do string) {
	switch c {
	case Good:
		if f.Via == "" {
			return fmt.Sprintf("The server answers in %s ms.", ms(f.RTT)), ""
		}
		return fmt.Sprintf("Calls work from here. The relay over %s takes %s ms there and back.", f.Via, ms(f.RTT)), ""
	case SlowRelayOnly:
		return fmt.Sprintf("Calls work from here, but the relay is far away: %s ms there and back.", ms(f.RTT)), "Use a relay that is nearer."
	case UDPBlocked:
		return fmt.Sprintf("UDP to port %d is blocked between here and the server. ", f.Port) + detour(f.Via),
			fmt.Sprintf("Let UDP to port %d through, in the firewall of this network or the server's.", f.Port)
	case TCPBlocked:
		return fmt.Sprintf("TCP to port %d is blocked between here and the server. Calls go over UDP; from networks that block UDP there is no way in.", f.Port),
			fmt.Sprintf("Let TCP to port %d through, in the firewall of this network or the server's.", f.Port)
	case OnlyWeb:
		if f.Via != "" {
			return "Only TCP to port 443 leaves this network. Calls will go through TLS on that port and be slower to react.", "Let UDP out of this network, if that can be had."
		}
		return "Only web traffic leaves this network, and no relay listens on port 443: calls do not get through.", "Serve TURN over TLS on port 443."
	case ServerDown:
		return fmt.Sprintf("%s does not answer on port %d%s. The server is down, or a firewall is in front of it.", f.Host, f.Port, because(f.Other)),
			"Start the server, and see which ports it listens on."
	case NameMissing:
		return fmt.Sprintf("The name %s has no address.", f.Host), "Correct the name, or add an A or AAAA record for it."
	case NoCommonFamily:
		return fmt.Sprintf("This network has only %s, and the server only %s.", f.Other, f.Address), "Give the server an address of the other family."
	case Forbidden:
		return fmt.Sprintf("The server does not let us in%s.", because(f.Other)), "Log in, or see http.auth.mode of the server."
	case Stopped:
		return fmt.Sprintf("The server stopped answering in the middle%s.", after(f.Other)), "Look at its log."
	case Garbage:
		return fmt.Sprintf("What answers on port %d does not speak STUN.", f.Port), "Look what listens there; the port may be another service's."
	case Loss:
		return fmt.Sprintf("%s %% of packets are lost out and back.", percent(f.Percent)), "Try a cable instead of Wi-Fi, or another network."
	case PayloadDropped:
		what := "but media does not get through"
		if f.Bytes > 0 {
			what = fmt.Sprintf("but those of %d bytes get lost on the way", f.Bytes)
		}
		return fmt.Sprintf("Small packets pass, %s.", what), "Look for a VPN or a firewall that inspects traffic, or a small MTU."
	case VPN:
		return fmt.Sprintf("Web traffic leaves by %s, but UDP by %s: a VPN takes part of it.", f.Other, f.Address), "Test again without the VPN."
	case Symmetric:
		return "The NAT here has another port for each destination (symmetric). Calls to others behind such a NAT need the relay.", "Nothing, as long as the relay works."
	case OtherSide:
		return "Everything works from here. If calls fail, it is the other side.", "Let the other side test, too."
	}
	if sentence, do = wordsOfTLS(c, f); sentence == "" {
		sentence, do = wordsOfRelay(c, f)
	}
	return sentence, do
}

func wordsOfTLS(c Cause, f Figures) (sentence, do string) {
	switch c {
	case TLSUntrusted:
		return fmt.Sprintf("The certificate of %s is not trusted%s.", f.Host, because(issued(f.Other))), "Install a certificate of a public authority, with its whole chain."
	case TLSExpired:
		ago := ""
		if f.By > 0 {
			ago = " " + span(f.By) + " ago"
		}
		return fmt.Sprintf("The certificate of %s has expired%s.", f.Host, ago), "Renew the certificate, and let the server read it."
	case TLSName:
		but := ""
		if f.Other != "" {
			but = ", but for " + f.Other
		}
		return fmt.Sprintf("The certificate is not for %s%s.", f.Host, but), "Use a name of the certificate, or get a certificate for this name."
	case TLSIntercepted:
		by := ""
		if f.Other != "" {
			by = "the certificate is by " + f.Other
		}
		return fmt.Sprintf("Something between here and %s opens TLS connections%s.", f.Host, because(by)), fmt.Sprintf("Ask for %s to be exempt from TLS inspection.", f.Host)
	}
	return "", ""
}

func wordsOfRelay(c Cause, f Figures) (sentence, do string) {
	switch c {
	case CredentialExpired:
		return fmt.Sprintf("The credentials expired %s ago.", span(f.By)), "Get new ones. If they are new, the clock of whoever made them is wrong."
	case WrongSecret:
		return "The relay refuses the credentials: the password is wrong, or signed with another secret.",
			"Compare turn.credentials.secrets of the relay with the secret of whoever signs."
	case ClockOff:
		if f.Other == issuer {
			return fmt.Sprintf("The credentials expired %s ago, though they are new: the clock of whoever made them is behind the relay's.", span(f.By)), "Set both clocks by NTP."
		}
		side := "behind"
		if f.By < 0 {
			side = "ahead of"
		}
		return fmt.Sprintf("The clock here is %s %s the server's.", span(f.By.Abs()), side), "Set both clocks by NTP."
	case Quota:
		of := "The quota of allocations"
		if f.Limit > 0 {
			of = fmt.Sprintf("The quota of allocations (%d)", f.Limit)
		}
		return of + " is used up.", "End other calls of this user, or raise turn.limits.allocations_per_user."
	case PortsUsedUp:
		return "The relay has no free port left.", "Widen turn.relay.ports, and open them in the firewall."
	case PeerRefused:
		return fmt.Sprintf("The relay refuses %s as a peer.", f.Address), "This is right for private networks. To allow it, add it to turn.peers.allow."
	case RelaySilent:
		return fmt.Sprintf("What is sent to the relay's port %d does not arrive: the relay's ports are closed in a firewall.", f.Port),
			"Open the relay's UDP ports (turn.relay.ports) in the server's firewall."
	case WrongPublicAddress:
		return fmt.Sprintf("The relay gives out the address %s, but what is sent there does not arrive.", f.Address), "Set turn.relay.addresses to the server's public address."
	case Unsafe:
		return fmt.Sprintf("The relay is not safe. It sends %s.", f.Other), "See the findings below, and close what they name."
	case NoCredentials:
		return fmt.Sprintf("The server answers in %s ms. Without credentials no more can be seen.", ms(f.RTT)), "Name a user: -user and -pass, -secret, or -ice."
	case Interrupted:
		return "The test was interrupted; this is what was seen until then.", ""
	}
	return "", ""
}

func detour(via Transport) string {
	if via == "" {
		return "No other way to it was found."
	}
	return fmt.Sprintf("Calls will go through %s and be slower to react.", via)
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return ": " + reason
}

func issued(by string) string {
	if by == "" {
		return ""
	}
	return "it was issued by " + by
}

func after(step string) string {
	if step == "" {
		return ""
	}
	return ", after " + step
}

func ms(v float64) string {
	if v < 10 {
		return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0")
	}
	return fmt.Sprintf("%.0f", v)
}

func percent(v float64) string {
	if v > 0 && v < 1 {
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

// span says a time in its two largest units.
func span(d time.Duration) string {
	minutes := int(d.Round(time.Minute).Minutes())
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case minutes < 60:
		return fmt.Sprintf("%d min", minutes)
	case minutes < 48*60 && minutes%60 == 0:
		return fmt.Sprintf("%d h", minutes/60)
	case minutes < 48*60:
		return fmt.Sprintf("%d h %d min", minutes/60, minutes%60)
	}
	return fmt.Sprintf("%d days", minutes/60/24)
}
