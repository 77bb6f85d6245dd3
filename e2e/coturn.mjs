// coturn: the reference relay that proves the lab, and the reference client that proves the daemon.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SECRET } from './daemon.mjs'
import { SERVER } from './lab/lab.mjs'
import { Server } from './server.mjs'

export const PEER_PORT = 3480

// startRelay runs turnserver on the lab's server.
export async function startRelay(lab) {
  const file = join(lab.dir, 'turnserver.conf')
  writeFileSync(file, [
    `listening-ip=${SERVER}`, `relay-ip=${SERVER}`, 'use-auth-secret', `static-auth-secret=${SECRET}`, 'realm=turn.test',
    'fingerprint', 'no-tls', 'no-dtls', 'no-cli', 'log-file=stdout', 'simple-log', `pidfile=${join(lab.dir, 'turnserver.pid')}`,
    `userdb=${join(lab.dir, 'turnserver.db')}`,
  ].join('\n'))
  const relay = new Server('coturn', lab.server, 'turnserver', ['-c', file])
  await relay.listening(3478)
  return relay
}

// startPeer runs the echo peer on a machine.
export function startPeer(machine, ...addresses) {
  return new Server('turnutils_peer', machine, 'turnutils_peer', [...addresses.flatMap((address) => ['-L', address]), '-p', String(PEER_PORT)])
}

// uclient runs turnutils_uclient with the REST secret. It exits with 0 even when packets were lost, so
// what counts is what it says: { code, lost, text }, lost undefined if it never came that far.
export async function uclient(machine, args, { secret = SECRET } = {}) {
  const { code, text } = await machine.output('turnutils_uclient', ['-u', 'alice', '-W', secret, ...args], { timeout: 40_000 })
  const lost = /Total lost packets (\d+)/.exec(text)
  return { code, lost: lost ? Number(lost[1]) : undefined, text }
}
