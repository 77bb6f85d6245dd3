package conformance

import "slices"

// clauses is every clause, in the order of the report.
func clauses() []clause {
	stun := table{rfc: 8489}
	stun.framing()
	stun.binding()
	stun.attributes()
	stun.fingerprint()
	stun.streams()
	stun.retransmission()
	stun.longTerm()
	stun.nonces()
	stun.integrity()
	stun.passwordAlgorithms()
	stun.userhash()

	turn := table{rfc: 8656}
	turn.allocate()
	turn.lifetimes()
	turn.families()
	turn.ports()
	turn.refresh()
	turn.permissions()
	turn.send()
	turn.channels()
	turn.channelData()
	turn.fragments()
	turn.icmp()

	tcp := table{rfc: 6062}
	tcp.tcpRelays()

	nat := table{rfc: 5780}
	nat.discovery()

	mobility := table{rfc: 8016}
	mobility.tickets()

	var safe table
	safe.peers()
	safe.strangers()

	return slices.Concat(stun.list, turn.list, tcp.list, nat.list, mobility.list, safe.list)
}

// Clauses lists all clauses.
func Clauses() []Clause {
	all := clauses()
	list := make([]Clause, len(all))
	for i, c := range all {
		list[i] = c.Clause
	}
	return list
}
