// The test bed: a small internet of network namespaces. Nothing of it touches the host's own network.
//
//    public segment: 203.0.113.0/24, 2001:db8::/64, a bridge in the namespace "net"
//   ──┬──────────┬──────────┬────────────┬────────────┬────────────┬────────────┬──
//     │          │          │            │            │            │            │
//  ┌──┴───┐  ┌───┴──┐   ┌───┴───┐    ┌───┴───┐    ┌───┴───┐    ┌───┴───┐    ┌───┴────┐
//  │server│  │ peer │   │ nat-a │    │ nat-b │    │ nat-c │    │ nat-t │    │nat-offi│
//  │  .10 │  │  .20 │   │  .101 │    │  .102 │    │  .103 │    │  .104 │    │ ce .30 │
//  └──────┘  └──────┘   └───┬───┘    └───┬───┘    └───┬───┘    └───┬───┘    └───┬────┘
//   also      also      symmetric    symmetric    symmetric   symmetric,    1:1 to the
//   ::10      ::20          │            │            │       TCP only      machine inside,
//                         ┌─┴─┐        ┌─┴─┐        ┌─┴─┐        ┌─┴─┐      drops hairpin
//                         │ a │        │ b │        │ c │        │ t │      ┌────┴───┐
//                         │ .2│        │.18│        │.34│        │.50│      │ office │
//                         └───┘        └───┘        └───┘        └───┘      │  .130  │
//                                    198.51.100.0/24, a /28 each            └────────┘
import { mkdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Home } from './home.mjs'
import { Namespace } from './namespace.mjs'
import { oneToOne, symmetric } from './nat.mjs'
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
      office: home('office', OFFICE, '198.51.100.128', oneToOne(OFFICE, '198.51.100.130')),
    }
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
