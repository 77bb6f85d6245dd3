// A home: one machine behind a router of its own that translates addresses.
import { Namespace } from './namespace.mjs'

export class Home {
  // wan is the router's public address; lan a /28 whose first address is the router's, whose second the machine's.
  constructor(name, net, { wan, lan, rules, hosts }) {
    const [a, b, c, d] = lan.split('.').map(Number)
    const inside = (n) => `${a}.${b}.${c}.${d + n}`
    this.wan = wan
    this.address = inside(2)
    this.router = new Namespace(`nat-${name}`)
    this.machine = new Namespace(name)
    for (const ns of [this.router, this.machine]) ns.sysctl('ipv6.conf.all.disable_ipv6', 1)

    this.router.link('wan', net, `to-${name}`)
    this.router.link('lan', this.machine, 'eth0')
    net.ip('link', 'set', `to-${name}`, 'master', 'bridge')
    this.router.address('wan', `${wan}/24`)
    this.router.address('lan', `${inside(1)}/28`)
    this.machine.address('eth0', `${this.address}/28`)
    this.machine.ip('route', 'add', 'default', 'via', inside(1))
    this.router.sysctl('ipv4.ip_forward', 1)
    this.router.nft(rules)
    this.machine.hosts(hosts)
  }

  // rebind makes the router forget its UDP mappings, as one that restarts or runs out of them does.
  rebind() {
    this.router.exec('conntrack', '-D', '-p', 'udp')
  }

  // cut stops every packet both ways, without a word to either side: the lid is closed.
  cut() {
    this.router.nft('add rule ip home knob drop')
  }

  mend() {
    this.router.nft('flush chain ip home knob')
  }

  // hairpins says how many packets from inside asked for the home's own public address (1:1 homes only).
  hairpins() {
    return Number(/packets (\d+)/.exec(this.router.exec('nft', 'list', 'counter', 'ip', 'home', 'hairpin'))[1])
  }
}

// HomeSix is a home without any IPv4. Its prefix is a /64 whose first address is the router's, whose second the machine's.
export class HomeSix {
  constructor(name, net, { wan, lan, rules, hosts }) {
    this.wan = wan
    this.prefix = `${lan}/64`
    this.address = `${lan}2`
    this.router = new Namespace(`nat-${name}`)
    this.machine = new Namespace(name)
    this.router.link('wan', net, `to-${name}`)
    this.router.link('lan', this.machine, 'eth0')
    net.ip('link', 'set', `to-${name}`, 'master', 'bridge')
    this.router.address('wan', `${wan}/64`)
    this.router.address('lan', `${lan}1/64`)
    this.machine.address('eth0', `${this.address}/64`)
    this.machine.ip('route', 'add', 'default', 'via', `${lan}1`)
    this.router.sysctl('ipv6.conf.all.forwarding', 1)
    this.router.nft(rules)
    this.machine.hosts(hosts)
  }
}
