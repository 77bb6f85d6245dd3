// turnpike itself, built from this checkout, running in the lab.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SERVER, SERVER6 } from './lab/lab.mjs'
import { Server } from './server.mjs'

export const SECRET = 'the lab shares this secret of 32+ bytes'
export const PORT = 8443

const root = fileURLToPath(new URL('..', import.meta.url))

// binary builds what is checked out here, once; TURNPIKE names another one to test instead.
let built
export function binary() {
  built ??= process.env.TURNPIKE ?? build()
  return built
}

function build() {
  const path = fileURLToPath(new URL('artifacts/turnpike', import.meta.url))
  execFileSync('go', ['build', '-o', path, './cmd/turnpike'], { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] })
  return path
}

// defaults is a public server. The lab's addresses are documentation ranges, which the relay
// rightly refuses as peers unless it is told; so it does with the networks it is on.
function defaults(tls) {
  return {
    realm: 'turn.test',
    turn: {
      listen: ['udp://:3478', 'tcp://:3478'],
      relay: { addresses: [SERVER, SERVER6], ports: '50000-50999' },
      peers: { allow: ['203.0.113.0/24', '2001:db8::/64'] },
      credentials: { secrets: [SECRET] },
    },
    http: { listen: [`https://${SERVER}:${PORT}`], auth: { mode: 'open' } },
    tls: { cert: tls.cert, key: tls.key },
  }
}

// over lays one configuration over another; a list replaces a list, undefined takes a key away.
function over(base, changes = {}) {
  const merged = { ...base }
  for (const [key, value] of Object.entries(changes)) {
    const plain = value !== null && typeof value === 'object' && !Array.isArray(value)
    merged[key] = plain ? over(base[key] ?? {}, value) : value
  }
  return merged
}

export class Daemon extends Server {
  static async start(lab, tls, config, { machine = lab.server, port = PORT } = {}) {
    const file = join(lab.dir, `turnpike-${machine.name}.yml`)
    writeFileSync(file, JSON.stringify(over(defaults(tls), config), null, 2), { mode: 0o600 }) // JSON is YAML
    const daemon = new Daemon('turnpike', machine, binary(), ['serve', '-config', file])
    await daemon.listening(port)
    return daemon
  }

  // stop asserts a clean end: exit code 0, nothing in the log that a healthy daemon would not say.
  async stop() {
    if (this.stopped) return
    this.stopped = true
    const code = await super.stop()
    assert.equal(code, 0, `exit code after SIGTERM:\n${this.log.slice(-2000)}`)
    assert.doesNotMatch(this.log, /^panic:|DATA RACE|goroutine \d+ \[/m)
    assert.ok(!this.log.includes(SECRET), 'the log must not show the secret')
  }
}
