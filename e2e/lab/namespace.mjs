// One network namespace: its links, its hosts file, the processes inside it.
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { label } from './owner.mjs'

function run(command, ...args) {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] })
}

export class Namespace {
  constructor(name) {
    this.name = name
    this.id = label(name)
    run('ip', 'netns', 'add', this.id)
    this.ip('link', 'set', 'lo', 'up')
  }

  ip(...args) {
    return run('ip', '-n', this.id, ...args)
  }

  exec(...args) {
    return run('ip', 'netns', 'exec', this.id, ...args)
  }

  nft(rules) {
    return execFileSync('ip', ['netns', 'exec', this.id, 'nft', '-f', '-'], { input: rules, stdio: ['pipe', 'pipe', 'pipe'] })
  }

  sysctl(key, value) {
    this.exec('sh', '-c', `echo ${value} > /proc/sys/net/${key.replaceAll('.', '/')}`)
  }

  // link joins two namespaces by a cable; it never exists outside of them.
  link(port, other, otherPort) {
    run('ip', 'link', 'add', port, 'netns', this.id, 'type', 'veth', 'peer', 'name', otherPort, 'netns', other.id)
    this.ip('link', 'set', port, 'up')
    other.ip('link', 'set', otherPort, 'up')
  }

  address(port, ...prefixes) {
    for (const prefix of prefixes) {
      this.ip('addr', 'add', prefix, 'dev', port, ...(prefix.includes(':') ? ['nodad'] : []))
    }
  }

  // hosts is what names mean to programs in here ("ip netns exec" mounts the files over those of /etc).
  // There is no other name service: a question to one is refused at once instead of timing out.
  hosts(lines) {
    mkdirSync(`/etc/netns/${this.id}`, { recursive: true })
    writeFileSync(`/etc/netns/${this.id}/hosts`, `127.0.0.1 localhost ${hostname()}\n${lines.join('\n')}\n`)
    writeFileSync(`/etc/netns/${this.id}/resolv.conf`, 'nameserver 127.0.0.1\n')
  }

  spawn(command, args = [], options = {}) {
    return spawn('ip', ['netns', 'exec', this.id, command, ...args], options)
  }

  // output runs a program to its end; its exit code is part of the answer, not an error.
  output(command, args = [], { env = process.env, timeout = 30_000 } = {}) {
    return new Promise((resolve, reject) => {
      const child = this.spawn(command, args, { env, timeout, killSignal: 'SIGKILL', stdio: ['ignore', 'pipe', 'pipe'] })
      let text = ''
      child.stdout.on('data', (data) => { text += data })
      child.stderr.on('data', (data) => { text += data })
      child.on('error', reject)
      child.on('close', (code, signal) => resolve({ code: code ?? signal, text }))
    })
  }
}
