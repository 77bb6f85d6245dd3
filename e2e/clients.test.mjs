// TURN clients of other makers against the daemon, with the REST secret, from a home behind a symmetric NAT.
import assert from 'node:assert/strict'
import { before, describe } from 'node:test'
import { fileURLToPath } from 'node:url'
import { PEER_PORT, startPeer, uclient } from './coturn.mjs'
import { credentials } from './credentials.mjs'
import { SECRET } from './daemon.mjs'
import { PEER, PEER6, SERVER, SERVER6 } from './lab/lab.mjs'
import { scene } from './scene.mjs'

const echo = (address, port = PEER_PORT) => ['-e', address, '-r', String(port)]

// From: the home it runs on, or "peer", the public machine, the only one with IPv6.
const cases = [
  ['client to client over UDP', 'a', ['-y', '-c', SERVER]],
  ['client to client over TCP', 'a', ['-t', '-y', '-c', SERVER]],
  ['client to client over TCP where UDP is blocked', 't', ['-t', '-y', '-c', SERVER]],
  ['channels to a peer over UDP', 'a', ['-c', ...echo(PEER), '-n', '50', '-m', '2', SERVER]],
  ['pairs of ports for RTP and RTCP', 'a', [...echo(PEER), '-n', '50', '-m', '2', SERVER]],
  ['pairs of ports for RTP and RTCP over TCP', 'a', ['-t', ...echo(PEER), '-n', '20', SERVER]],
  ['Send indications to a peer over UDP', 'a', ['-s', '-c', ...echo(PEER), '-n', '50', '-m', '2', SERVER]],
  ['channels to a peer over TCP', 'a', ['-t', '-c', ...echo(PEER), '-n', '50', SERVER]],
  ['Send indications to a peer over TCP', 'a', ['-t', '-s', '-c', ...echo(PEER), '-n', '50', SERVER]],
  ['extra requests', 'a', ['-G', '-y', '-c', SERVER]],
  ['padded channel messages', 'a', ['-D', '-t', '-y', '-c', SERVER]],
  ['clients that disconnect at random', 'a', ['-B', '-y', '-c', '-m', '10', SERVER]],
  ['negative requests', 'a', ['-N', '-y', '-c', SERVER]],
  ['IPv6 to IPv6', 'peer', ['-x', '-y', '-c', SERVER6]],
  ['an IPv6 client with an IPv4 relay', 'peer', ['-X', '-c', ...echo(PEER), SERVER6]],
  ['an IPv4 client with an IPv6 relay', 'a', ['-x', '-c', ...echo(PEER6), SERVER]],
  ['fifty clients, five thousand messages', 'b', ['-y', '-c', '-m', '50', '-n', '100', '-l', '170', SERVER]],
]

// The lab allows 203.0.113.0/24 as peers; these stay closed.
const refused = [
  ['the loopback of the server', '127.0.0.1', PEER_PORT],
  ['a network that nobody allowed', '198.51.100.2', PEER_PORT],
  ['a well-known port', PEER, 22],
  ['another service of the server', SERVER, PEER_PORT],
]

scene("coturn's client", ['turnutils_uclient', 'turnutils_peer', 'go'], (stage) => {
  before(async () => {
    await stage.serve({ turn: { limits: { allocations_per_user: 1000 } } }) // all of them are alice
    stage.keep(startPeer(stage.lab.peer, PEER, PEER6))
    stage.keep(startPeer(stage.lab.server, SERVER))
  })

  const machine = (from) => stage.lab.homes[from]?.machine ?? stage.lab[from]

  // Each spends most of its time waiting, so a few run side by side.
  describe('side by side', { concurrency: 5 }, () => {
    for (const [name, from, args] of cases) {
      stage.test(`${name}: nothing is lost`, async () => {
        const { code, lost, text } = await uclient(machine(from), args)
        assert.equal(lost, 0, `${args.join(' ')}: exit ${code}\n${text.slice(-3000)}`)
        assert.equal(code, 0)
      })
    }

    for (const [name, address, port] of refused) {
      stage.test(`${name} is refused`, async () => {
        const { code, lost, text } = await uclient(machine('a'), ['-c', ...echo(address, port), SERVER])
        assert.match(text, /error 403/)
        assert.equal(lost, undefined)
        assert.equal(code, 255)
      })
    }
  })

  stage.test('a wrong secret gets no allocation', async () => {
    const { code, lost, text } = await uclient(machine('a'), ['-y', '-c', SERVER], { secret: 'quite another secret, 32+ bytes' })
    assert.equal(code, 255, text)
    assert.equal(lost, undefined)
    assert.match(text, /Cannot complete Allocation/)
  })
})

scene('aioice', ['go', 'aioice'], (stage) => {
  before(() => stage.serve())

  const script = fileURLToPath(new URL('aioice_call.py', import.meta.url))
  // The user parts that products put behind the expiry; the last is Matrix's, with a colon of its own.
  for (const user of ['alice', '', '@alice:example.org']) {
    for (const transport of ['udp', 'tcp']) {
      stage.test(`two agents talk from relay to relay over ${transport} as "${user}"`, async () => {
        const { username, credential } = credentials(SECRET, user)
        const { code, text } = await stage.lab.homes.a.machine.output('/usr/bin/python3', [script, SERVER, '3478', username, credential, transport])
        assert.equal(code, 0, text)
        assert.match(text, /20 round trips/)
      })
    }
  }
})
