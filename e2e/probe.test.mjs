// `turnpike probe` in networks that misbehave: what it says is the sentence that a person needs. The sentence is asserted, and the exit code.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { before, describe } from 'node:test'
import { startRelay } from './coturn.mjs'
import { binary, PORT, SECRET } from './daemon.mjs'
import { SERVER, SERVER6 } from './lab/lab.mjs'
import { scene } from './scene.mjs'

const UDP = 'turn:turn.test?transport=udp'
const TCP = 'turn:turn.test?transport=tcp'
const TLS443 = 'turns:turn.test:443?transport=tcp'
const SIGNED = ['-secret', SECRET, '-user', 'alice']

// probing runs the command on a machine: { code, text }.
const probing = (stage) => (machine, args, env = {}) =>
  machine.output(binary(), ['probe', ...args], { env: { ...process.env, SSL_CERT_FILE: stage.tls.ca, ...env }, timeout: 31_000 })

// signed are credentials that expire in so many seconds; negative: that have.
function signed(seconds) {
  const user = `${Math.floor(Date.now() / 1000) + seconds}:alice`
  return { user, pass: createHmac('sha1', SECRET).update(user).digest('base64') }
}

// finds asserts the first line, which is the verdict, and that a person is told what to do.
function finds({ code, text }, sentence, exit = 1) {
  const [first, second] = text.split('\n')
  assert.match(first, sentence, text)
  assert.equal(code, exit, text)
  if (exit) assert.match(second, /^[A-Z].*\.$/, text)
  assert.doesNotMatch(text, /goroutine|panic|undefined|%!/)
}

scene('probe, from networks that block', ['go'], (stage) => {
  const probe = probing(stage)
  before(() => stage.serve({ http: { listen: [`https://${SERVER}:443`, `https://${SERVER}:${PORT}`] } }, { port: 443 }))

  describe('side by side', { concurrency: 8 }, () => {
    stage.test('a symmetric home: calls work, and the NAT is named', async () => {
      const found = await probe(stage.lab.homes.a.machine, [UDP, TCP, TLS443, ...SIGNED])
      finds(found, /^Calls work from here\. The relay over UDP takes [\d.]+ ms there and back\.$/, 0)
      assert.match(found.text, /mapping +address-and-port-dependent/)
      assert.match(found.text, /filtering +(address-and-port-dependent|unknown)/)
      assert.match(found.text, /The NAT here has another port for each destination \(symmetric\)/)
      assert.match(found.text, /certificate +turn\.test, .*; issued by turnpike lab CA; \d+ (h|h \d+ min|days) left; chain of 1; TLS 1\.3/)
    })

    stage.test('UDP blocked', async () => {
      finds(await probe(stage.lab.homes.t.machine, [UDP, TCP, ...SIGNED]),
        /^UDP to port 3478 is blocked between here and the server\. Calls will go through TCP and be slower to react\.$/)
    })

    stage.test('UDP blocked, and nothing else was asked for', async () => {
      finds(await probe(stage.lab.homes.t.machine, [UDP, ...SIGNED]),
        /^UDP to port 3478 is blocked between here and the server\. Calls will go through TCP and be slower to react\.$/)
    })

    stage.test('UDP blocked, and the relay says that it saw nothing of it', async () => {
      const found = await probe(stage.lab.homes.t.machine, ['-ice', `https://turn.test:${PORT}/v1/ice`])
      finds(found, /^UDP to port 3478 is blocked between here and the server\. Calls will go through TCP and be slower to react\.$/)
      const [udp, tcp] = ['udp', 'tcp'].map((transport) => new RegExp(`^turn:\\S+:3478\\?transport=${transport}\\n( .*\\n)*`, 'm').exec(found.text)?.[0])
      assert.match(udp, /the relay saw +nothing of this/)
      assert.match(tcp, /the relay saw +challenged 2 times, allocated 2 times, permitted/)
    })

    stage.test('all but TCP 443 blocked, and the relay is there', async () => {
      finds(await probe(stage.lab.homes.w.machine, [UDP, TCP, TLS443, ...SIGNED]),
        /^Only TCP to port 443 leaves this network\. Calls will go through TLS on that port and be slower to react\.$/)
    })

    stage.test('all but TCP 443 blocked, and the relay is not there', async () => {
      finds(await probe(stage.lab.homes.w.machine, [UDP, TCP, '-ice', `https://${SERVER}/v1/ice`]),
        /^Only web traffic leaves this network, and no relay listens on port 443: calls do not get through\.$/)
    })

    stage.test('IPv6 only, and the server has IPv4 alone', async () => {
      finds(await probe(stage.lab.homes.s.machine, [`turn:${SERVER}`, ...SIGNED]), /^This network has only IPv6, and the server only IPv4\.$/)
    })

    stage.test('IPv6 only, and the server has both: calls work', async () => {
      const found = await probe(stage.lab.homes.s.machine, [UDP, TCP, ...SIGNED])
      finds(found, /^Calls work from here\. The relay over UDP takes /, 0)
      assert.match(found.text, new RegExp(`\\[${SERVER6}\\]:3478`))
    })

    stage.test('the name is missing', async () => {
      finds(await probe(stage.lab.homes.a.machine, ['turn:no-such-name.test', ...SIGNED]), /^The name no-such-name\.test has no address\.$/)
    })

    stage.test('the credentials have expired', async () => {
      const { user, pass } = signed(-1800)
      finds(await probe(stage.lab.homes.a.machine, [UDP, '-user', user, '-pass', pass]), /^The credentials expired 30 min ago\.$/)
    })

    stage.test('another secret', async () => {
      finds(await probe(stage.lab.homes.a.machine, [UDP, '-secret', 'quite another secret, 32+ bytes']),
        /^The relay refuses the credentials: the password is wrong, or signed with another secret\.$/)
    })

    stage.test('the certificate is not trusted', async () => {
      for (const args of [[TLS443, ...SIGNED], ['-ice', 'https://turn.test/v1/ice'], ['-peer', 'untrusted', '-ice', 'https://turn.test']]) {
        finds(await probe(stage.lab.homes.a.machine, args, { SSL_CERT_FILE: '/etc/ssl/certs/ca-certificates.crt' }),
          /^The certificate of turn\.test is not trusted: it was issued by turnpike lab CA\.$/)
      }
    })

    stage.test('nobody listens there', async () => {
      finds(await probe(stage.lab.homes.a.machine, ['turn:turn.test:3999', 'turn:turn.test:3999?transport=tcp', ...SIGNED]),
        /^turn\.test does not answer on port 3999: it refuses UDP\. The server is down, or a firewall is in front of it\.$/)
    })
  })
})

scene('probe, against servers that are set up wrongly', ['go', 'turnserver'], (stage) => {
  const probe = probing(stage)

  // against runs the daemon for one test; firewall are nftables rules on its host.
  async function against(config, body, { firewall } = {}) {
    const daemon = await stage.serve(config)
    if (firewall) stage.lab.server.nft(`table inet fault {\n${firewall}\n}`)
    try {
      await body(stage.lab.homes.a.machine)
    } finally {
      if (firewall) stage.lab.server.nft('delete table inet fault')
      await daemon.stop()
    }
  }

  stage.test('the server is down', async () => {
    finds(await probe(stage.lab.homes.a.machine, [UDP, TCP, ...SIGNED]),
      /^turn\.test does not answer on port 3478: it refuses UDP\. The server is down, or a firewall is in front of it\.$/)
  })

  stage.test('the relay\'s ports are closed', () => against({}, async (home) => {
    finds(await probe(home, [UDP, ...SIGNED]), /^What is sent to the relay's port 50\d\d\d does not arrive: the relay's ports are closed in a firewall\.$/)
  }, { firewall: 'chain input { type filter hook input priority 0; udp dport 50000-50999 drop; }' }))

  stage.test('the public address is wrong', () => against({ turn: { relay: { addresses: [`203.0.113.99=${SERVER}`] } } }, async (home) => {
    finds(await probe(home, [`turn:${SERVER}`, ...SIGNED]), /^The relay gives out the address 203\.0\.113\.99, but what is sent there does not arrive\.$/)
  }))

  stage.test('the quota is used up', () => against({ turn: { limits: { allocations_per_user: 1 } } }, async (home) => {
    finds(await probe(home, [UDP, ...SIGNED]), /^The quota of allocations is used up\.$/)
    finds(await probe(home, [UDP, '-ice', `https://turn.test:${PORT}/v1/ice`]), /^The quota of allocations \(1\) is used up\.$/)
  }))

  stage.test('5 % of packets are lost each way, about 10 % out and back', () => against({}, async (home) => {
    const found = await probe(home, [UDP, ...SIGNED])
    finds(found, /^\d+ % of packets are lost out and back\.$/)
    const percent = Number(found.text.split(' ')[0])
    assert.ok(percent >= 4 && percent <= 17, found.text)
  }, { firewall: ['input', 'output'].map((way) => `chain ${way} { type filter hook ${way} priority 0; udp length > 40 numgen random mod 1000 < 50 drop; }`).join('\n') }))

  stage.test('large packets are dropped on the way', () => against({}, async (home) => {
    finds(await probe(home, [UDP, ...SIGNED]), /^Small packets pass, but those of 1200 bytes get lost on the way\.$/)
  }, { firewall: 'chain input { type filter hook input priority 0; udp length > 1150 drop; }' }))

  stage.test('TLS and DTLS work, and a certificate is for its names alone', async () => {
    stage.lab.server.address('eth0', '203.0.113.12/24')
    await against({ turn: { listen: ['udp://:3478', 'tls://:5349', 'dtls://:5349'] } }, async (home) => {
      finds(await probe(home, ['turns:turn.test', 'turns:turn.test?transport=udp', ...SIGNED]), /^Calls work from here\. The relay over DTLS takes /, 0)
      finds(await probe(home, ['turns:203.0.113.12', 'turns:203.0.113.12?transport=udp', ...SIGNED]), /^The certificate is not for 203\.0\.113\.12, but for turn\.test, office\.test, /)
    })
  })

  stage.test('the certificate has expired', async () => {
    const { dir } = stage.lab
    const [cert, request] = [join(dir, 'expired.crt'), join(dir, 'server.csr')]
    execFileSync('openssl', ['x509', '-req', '-in', request, '-CA', stage.tls.ca, '-CAkey', join(dir, 'ca.key'), '-CAcreateserial', '-days', '0',
      '-extfile', join(dir, 'server.ext'), '-out', cert], { stdio: 'pipe' })
    await against({ turn: { listen: ['udp://:3478', 'tls://:5349'] }, tls: { cert } }, async (home) => {
      finds(await probe(home, ['turns:turn.test', ...SIGNED]), /^The certificate of turn\.test has expired \d+ s ago\.$/)
    })
  })

  stage.test('credentials from somebody whose clock is an hour behind', () => against({}, async (home) => {
    const { user, pass } = signed(600 - 3600)
    const answer = JSON.stringify({ iceServers: [{ urls: [`turn:${SERVER}`], username: user, credential: pass }], ttl: 600 })
    const server = home.spawn(process.execPath, ['-e', `require('http').createServer((_, r) => r.end(${JSON.stringify(answer)})).listen(8000, '127.0.0.1', () => console.log('up'))`])
    try {
      await once(server.stdout, 'data')
      finds(await probe(home, ['-ice', 'http://127.0.0.1:8000/']), /^The credentials expired 50 min ago, though they are new: the clock of whoever made them is behind the relay's\.$/)
    } finally {
      server.kill()
    }
  }))

  stage.test('coturn as Debian sets it up: it works, and is not safe', async () => {
    const relay = await startRelay(stage.lab)
    try {
      const found = await probe(stage.lab.homes.a.machine, [UDP, ...SIGNED, '-security'])
      finds(found, /^The relay is not safe\. It sends to the cloud's metadata service, to private networks, /)
      assert.match(found.text, /^ {2}unsafe {5}the cloud's metadata service: permission given for .*169\.254\.169\.254$/m)
      assert.match(found.text, /^ {2}unsafe {5}answers to strangers, by what they send: Binding: [3-9]\.\d times/m)
      assert.match(found.text, /^ {2}safe {7}loopback of the relay's host: refused$/m)
      assert.match(found.text, /^ {2}safe {7}without credentials: nothing is given$/m)
      assert.match(found.text, /software +Coturn-/)
      finds(await probe(stage.lab.homes.a.machine, [UDP, TCP, ...SIGNED]), /^Calls work from here\. The relay over UDP takes /, 0)
    } finally {
      await relay.stop()
    }
  })
})

scene('probe, from one network to another', ['go'], (stage) => {
  const probe = probing(stage)
  const ICE = `https://turn.test:${PORT}/v1/ice`
  before(() => stage.serve({ turn: { listen: ['udp://:3478', 'tcp://:3478', 'tls://:5349'] }, http: { listen: [`https://${SERVER}:${PORT}`] } }))

  // pair runs both sides, and returns what each says.
  const pair = async (one, other, room) => Promise.all([one, other].map((home) => probe(stage.lab.homes[home].machine, ['-peer', room, '-ice', ICE])))

  describe('side by side', { concurrency: 3 }, () => {
    stage.test('two symmetric homes reach each other through the relay alone, and both are told', async () => {
      for (const found of await pair('a', 'b', 'symmetric')) {
        finds(found, /^The two devices reach each other through the relay, [\d.]+ ms there and back\. Both NATs have another port for each destination \(symmetric\): only the relay helps\.$/, 0)
        assert.match(found.text, /^direct, in one network +does not connect/m)
        assert.match(found.text, /^direct, through the NATs +does not connect/m)
        for (const way of ['UDP', 'TCP', 'TLS']) assert.match(found.text, new RegExp(`^relay over ${way} +connects .* relay/${way.toLowerCase()} `, 'm'))
        assert.match(found.text, /^as a call would +connects .* \d\.\d\/\d\.\d /m)
      }
    })

    stage.test('a home without UDP and a public machine: the relay, over TCP', async () => {
      const machine = stage.lab.peer
      const [home, open] = await Promise.all([stage.lab.homes.t.machine, machine].map((m) => probe(m, ['-peer', 'blocked', '-ice', ICE])))
      finds(home, /^The two devices reach each other through the relay, [\d.]+ ms there and back\.$/, 0)
      assert.match(home.text, /^relay over UDP +nothing here/m)
      assert.match(home.text, /^relay over TCP +connects .* relay\/tcp /m)
      finds(open, /^The two devices reach each other through the relay, /, 0)
      assert.match(open.text, /^relay over UDP +nothing there/m)
    })

    stage.test('two terminals of one home reach each other directly', async () => {
      for (const found of await pair('a', 'a', 'one-home')) {
        finds(found, /^The two devices reach each other directly, [\d.]+ ms there and back\.$/, 0)
        assert.match(found.text, /^direct, in one network +connects .* host 198\.51\.100\.2:\d+ – host 198\.51\.100\.2:\d+/m)
      }
    })
  })
})
