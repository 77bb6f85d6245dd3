// The kinds of NAT, as nftables rules for a router with ports "wan" and "lan".

// knob is empty until a test cuts the home off; it sees every packet first.
const knob = `
  chain knob { type filter hook forward priority -10; }
`

const guard = `
  chain input {
    type filter hook input priority 0;
    iifname "wan" ct state new drop
  }
`

// symmetric: each destination sees another, random port; only that destination may answer
// (address-and-port-dependent mapping and filtering).
// udp: false lets no UDP out; only: 443 nothing but TCP to that port.
export function symmetric({ udp = true, only } = {}) {
  return `table ip home {
  chain postrouting {
    type nat hook postrouting priority srcnat;
    oifname "wan" masquerade fully-random
  }
  chain forward {
    type filter hook forward priority 0; policy drop;
    ${udp && !only ? '' : 'meta l4proto udp drop'}
    ${only ? `iifname "lan" tcp dport != ${only} drop` : ''}
    iifname "lan" accept
    ct state established,related accept
  }
  ${guard} ${knob}
}`
}

// routed: IPv6 without translation; what was not asked for does not come in.
export function routed() {
  return `table ip6 home {
  chain forward {
    type filter hook forward priority 0; policy drop;
    iifname "lan" accept
    ct state established,related accept
    meta l4proto icmpv6 accept
  }
}`
}

// oneToOne: a cloud's or an office's static mapping. What the inside sends to the public address
// is dropped, not turned around; the counter shows if anything tried.
export function oneToOne(publicAddress, localAddress) {
  return `table ip home {
  counter hairpin {}
  chain prerouting {
    type nat hook prerouting priority dstnat;
    iifname "wan" ip daddr ${publicAddress} dnat to ${localAddress}
  }
  chain postrouting {
    type nat hook postrouting priority srcnat;
    oifname "wan" ip saddr ${localAddress} snat to ${publicAddress}
  }
  chain input {
    type filter hook input priority 0;
    iifname "lan" ip daddr ${publicAddress} counter name hairpin drop
    iifname "wan" ct state new drop
  }
  ${knob}
}`
}
