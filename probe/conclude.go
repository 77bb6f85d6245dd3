package probe

import "slices"

// conclude gives each server its verdict in the light of the others, and the one that stands on top.
func conclude(all []Facts, web bool) (each []Verdict, whole Verdict) {
	for _, f := range all {
		each = append(each, diagnose(f))
	}
	best := bestOf(all, each)
	silent := func(i int) bool {
		f := all[i]
		return each[i].Cause == ServerDown && (f.Connect == Silent || f.Connect == OK && f.Via == UDP && f.Binding == Silent)
	}
	blocked := func(i int) bool { return silent(i) || each[i].Cause == UDPBlocked }
	only443 := best < 0 && web || best >= 0 && all[best].Port == 443 && all[best].Via == TLS
	for i, f := range all { // any other port that lets something through tells that more than the web does
		if f.Port != 443 && !blocked(i) {
			only443 = false
		}
	}
	for i, f := range all {
		datagrams := f.Via == UDP || f.Via == DTLS
		switch {
		case !blocked(i):
		case only443 && best >= 0:
			each[i] = Say(OnlyWeb, Figures{Via: TLS})
		case only443:
			each[i] = Say(OnlyWeb, Figures{})
		case best >= 0 && datagrams && all[best].Via.stream() && each[i].Cause == ServerDown:
			each[i] = Say(UDPBlocked, Figures{Port: f.Port, Via: all[best].Via})
		case best >= 0 && f.Via.stream() && all[best].Via == UDP:
			each[i] = Say(TCPBlocked, Figures{Port: f.Port})
		}
	}
	for i := range each {
		// An address of a family that is not here is no fault beside one that is.
		if whole.Cause == "" || whole.Cause == NoCommonFamily || each[i].Cause != NoCommonFamily && rank(each[i].Cause) < rank(whole.Cause) {
			whole = each[i]
		}
	}
	if best >= 0 && whole.Cause.works() {
		whole = each[best]
	}
	if v, ok := split(all); ok && whole.Cause == Good {
		whole = v
	}
	return each, whole
}

// split is the verdict on a network whose UDP and TCP leave by different public addresses.
func split(all []Facts) (Verdict, bool) {
	for _, f := range all {
		for _, g := range all {
			a, b := f.Mapped, g.Mapped
			if f.Via == UDP && g.Via.stream() && a.IsValid() && b.IsValid() && a != b && a.Is4() == b.Is4() && !a.IsPrivate() && !b.IsPrivate() && f.At.Addr() == g.At.Addr() {
				return Say(VPN, Figures{Address: a.String(), Other: b.String()}), true
			}
		}
	}
	return Verdict{}, false
}

// rank is lower for a cause that tells more. Those of this package alone come last, but for what is unsafe.
func rank(c Cause) int {
	if i := slices.Index(Causes, c); i >= 0 {
		return i
	}
	return len(Causes)
}

// bestOf is the server that a call would use: one that works, over UDP if there is one, else over TCP, else over TLS; -1 if none does.
func bestOf(all []Facts, each []Verdict) int {
	order := []Transport{UDP, DTLS, TCP, TLS}
	best := -1
	for i := range all {
		if !each[i].Cause.works() && each[i].Cause != Loss || each[i].Cause == NoCredentials && best >= 0 {
			continue
		}
		if best < 0 || each[best].Cause == NoCredentials || slices.Index(order, all[i].Via) < slices.Index(order, all[best].Via) {
			best = i
		}
	}
	return best
}
