// The test bed: a small internet of network namespaces. Nothing of it touches the host's own network.
//
//    public segment: 203.0.113.0/24, 2001:db8::/64, a bridge in the namespace "net"
//   ──┬──────────┬──────────┬────────────┬────────────┬────────────┬────────────┬──
//     │          │          │            │            │            │            │
//  ┌──┴───┐  ┌───┴──┐   ┌───┴───┐    ┌───┴───┐    ┌───┴───┐    ┌───┴───┐    ┌───┴────┐
//  │server│  │ peer │   │ nat-a │    │ nat-t │    │ nat-w │    │ nat-s │    │nat-offi│
//  │  .10 │  │  .20 │   │  .101 │    │  .104 │    │  .105 │    │ ::106 │    │ ce .30 │
//  └──────┘  └──────┘   └───┬───┘    └───┬───┘    └───┬───┘    └───┬───┘    └───┬────┘
//   also      also      symmetric    symmetric,   symmetric,   IPv6 only,   1:1 to the
//   ::10      ::20      (b .102 and   TCP only    TCP to 443    routed      machine inside,
//                       c .103 too)      │           only         │         drops hairpin
//                         ┌─┴─┐        ┌─┴─┐        ┌─┴─┐        ┌─┴─┐      ┌────┴───┐
//                         │ a │        │ t │        │ w │        │ s │      │ office │
//                         │ .2│        │.50│        │.66│        │::2│      │  .130  │
//                         └───┘        └───┘        └───┘        └───┘      └────────┘
//                            198.51.100.0/24, a /28 each     2001:db8:6::/64
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Home, HomeSix } from './home.mjs'
import { Namespace } from './namespace.mjs'
import { oneToOne, routed, symmetric } from './nat.mjs'
import { label, removeOwn, removeStale } from './owner.mjs'

export const SERVER = '203.0.113.10'
export const SERVER6 = '2001:db8::10'
export const PEER = '203.0.113.20'
export const PEER6 = '2001:db8::20'
export const OFFICE = '203.0.113.30'

// Chromium asks for "turn.test." where a URL says "turn.test", and hosts files know no final dot.
const hosts = [
  '::1 localhost',
  `${SERVER} turn.test turn.test.`,
  `${OFFICE} office.test office.test.`,
]

// For who has no IPv4 the name has no such address.
const hosts6 = ['::1 localhost', `${SERVER6} turn.test turn.test.`]

export class Lab {
  #closed = false
  #onExit = () => this.close()
  #onSignal = (signal) => process.exit(signal === 'SIGINT' ? 130 : 143)

  constructor() {
    removeStale()
    this.dir = join(tmpdir(), label('files'))
    mkdirSync(this.dir)
    process.on('exit', this.#onExit)
    process.on('SIGINT', this.#onSignal)
    process.on('SIGTERM', this.#onSignal)
    try {
      this.#build()
    } catch (err) {
      this.close()
      throw err
    }
  }

  #build() {
    const net = new Namespace('net')
    net.ip('link', 'add', 'bridge', 'type', 'bridge')
    net.ip('link', 'set', 'bridge', 'up')
    this.server = this.#public('server', net, SERVER, SERVER6)
    this.peer = this.#public('peer', net, PEER, PEER6)

    const home = (name, wan, lan, rules) => new Home(name, net, { wan, lan, rules, hosts })
    this.homes = {
      a: home('a', '203.0.113.101', '198.51.100.0', symmetric()),
      b: home('b', '203.0.113.102', '198.51.100.16', symmetric()),
      c: home('c', '203.0.113.103', '198.51.100.32', symmetric()),
      t: home('t', '203.0.113.104', '198.51.100.48', symmetric({ udp: false })),
      w: home('w', '203.0.113.105', '198.51.100.64', symmetric({ only: 443 })),
      s: new HomeSix('s', net, { wan: '2001:db8::106', lan: '2001:db8:6::', rules: routed(), hosts: hosts6 }),
      office: home('office', OFFICE, '198.51.100.128', oneToOne(OFFICE, '198.51.100.130')),
    }
    const { s } = this.homes
    for (const ns of [this.server, this.peer]) ns.ip('route', 'add', s.prefix, 'via', s.wan)
  }

  #public(name, net, ipv4, ipv6) {
    const ns = new Namespace(name)
    ns.link('eth0', net, `to-${name}`)
    net.ip('link', 'set', `to-${name}`, 'master', 'bridge')
    ns.address('eth0', `${ipv4}/24`, `${ipv6}/64`)
    // A router that is not there: hosts have a default route, and some look at it.
    ns.ip('route', 'add', 'default', 'via', '203.0.113.1')
    ns.ip('route', 'add', 'default', 'via', '2001:db8::1')
    ns.hosts(hosts)
    return ns
  }

  // close removes everything; it is synchronous because it also runs while the process exits.
  close() {
    if (this.#closed) return
    this.#closed = true
    removeOwn()
    // Only now: a second signal must not end us in the middle.
    process.off('exit', this.#onExit)
    process.off('SIGINT', this.#onSignal)
    process.off('SIGTERM', this.#onSignal)
  }
}
