// The network test page with servers that are set up wrongly: the page has to say what is wrong.
import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { before } from 'node:test'
import { SECRET } from './daemon.mjs'
import { SERVER } from './lab/lab.mjs'
import { both, finished, open, run, said, table } from './nattest.mjs'
import { expired, selfSigned } from './nattestcert.mjs'
import { scene } from './scene.mjs'

const UDP = [`turn:${SERVER}:3478?transport=udp`]
const beside = { admin: { listen: '' }, stun: { alternate_port: 0 } }

scene('the network test and a server that is set up wrongly', ['chromium', 'firefox', 'certutil', 'go'], (stage) => {
  before(() => stage.serve())

  // A second daemon on the server, for one test. Its page is on port 8453, its relay on 3488.
  async function besides(config, test, { port = 8453, listen = 'udp://:3488' } = {}) {
    const daemon = await stage.serve({
      ...beside,
      ...config,
      turn: { listen: [listen], relay: { addresses: [SERVER], ports: '51000-51099' }, urls: [`turn:${SERVER}:3488?transport=udp`], ...config.turn },
      http: { listen: [`https://${SERVER}:${port}`], ...config.http },
    }, { port })
    try {
      await test(port)
    } finally {
      await daemon.stop()
    }
  }

  stage.test("closed relay ports are told from the relay's own", async () => {
    stage.lab.server.nft(`table ip closed {
      chain input {
        type filter hook input priority 0
        iifname "eth0" udp dport 50000-50999 drop
      }
    }`)
    try {
      const result = await run(await stage.tab('a'))
      assert.match(result.sentence, /^Calls from here often fail\. What is sent to the relay's port 50\d\d\d does not arrive: the relay's ports are closed in a firewall\.$/, table(result))
      assert.match(result.todo, /^Open the relay's UDP ports \(turn\.relay\.ports\)/)
    } finally {
      stage.lab.server.nft('delete table ip closed')
    }
  })

  stage.test('a wrong public address is named', () =>
    besides({ turn: { relay: { addresses: [`203.0.113.99=${SERVER}`], ports: '51000-51099' } } }, async (port) => {
      const result = await run(await stage.tab('a'), { port })
      assert.equal(result.sentence, 'Calls from here often fail. The relay gives out the address 203.0.113.99, but what is sent there does not arrive.', table(result))
      assert.equal(result.todo, "Set turn.relay.addresses to the server's public address.")
    }))

  stage.test('a name without an address is named', () =>
    besides({ turn: { urls: ['turn:nowhere.test:3488?transport=udp'] } }, (port) => both(async (kind) => {
      const result = await run(await stage.tab('a', { kind }), { port })
      assert.equal(result.sentence, 'Calls do not get through from here. The name nowhere.test has no address.', table(result))
    })))

  stage.test('another secret than that of the relay', () =>
    besides({ turn: { urls: UDP, credentials: { secrets: ['another secret, also of 32 bytes and more'] } } }, (port) => both(async (kind) => {
      const result = await run(await stage.tab('a', { kind }), { port })
      assert.equal(result.sentence, 'Calls do not get through from here. The relay refuses the credentials: the password is wrong, or signed with another secret.', table(result))
    })))

  stage.test('a quota that is used up', () =>
    besides({ turn: { limits: { allocations_per_user: 1 } } }, async (port) => {
      const result = await run(await stage.tab('a'), { port })
      assert.equal(result.sentence, 'Calls do not get through from here. The quota of allocations (1) is used up.', table(result))
    }))

  for (const [what, make, sentence] of [
    ['a certificate that nobody trusts', selfSigned, /^Calls do not get through from here\. The certificate of turn\.test is not trusted\.$/],
    ['a certificate that has expired', expired, /^Calls do not get through from here\. The certificate of turn\.test has expired 3 days ago\.$/],
  ]) {
    stage.test(what, () => {
      const tls = make(stage.lab.dir, 'turn.test')
      return besides({ tls, turn: { urls: ['turns:turn.test:5350?transport=tcp'] }, http: { listen: [`http://${SERVER}:8090`], auth: { mode: 'open' } } }, (port) => both(async (kind) => {
        const result = await run(await stage.tab('a', { kind }), { port, scheme: 'http' })
        assert.match(result.sentence, sentence, table(result))
      }), { port: 8090, listen: 'tls://:5350' })
    })
  }

  stage.test('a server that lets nobody in says why', () =>
    besides({ http: { listen: [`https://${SERVER}:8453`], auth: { mode: 'auto' } } }, async (port) => {
      const result = await run(await stage.tab('a'), { port })
      assert.match(result.sentence, /^The server does not let us in: .*http\.auth/, table(result))
    }))

  stage.test('credentials that have expired, at a server that somebody typed in', async () => {
    const tab = await stage.tab('a')
    await open(tab)
    await tab.click('#elsewhere summary')
    const username = `${Math.floor(Date.now() / 1000) - 3600}:alice`
    const credential = createHmac('sha1', SECRET).update(username).digest('base64')
    await tab.fill('#elsewhere-url', UDP[0])
    await tab.fill('#elsewhere-user', username)
    await tab.fill('#elsewhere-password', credential)
    await tab.press('Enter')
    const result = await finished(tab)
    assert.equal(result.sentence, 'Calls do not get through from here. The credentials expired 1 h ago.', table(result))
    assert.doesNotMatch(JSON.stringify(result.report), new RegExp(username), 'the report holds no credentials')

    await tab.fill('#elsewhere-url', 'http://example.org')
    await tab.press('Enter')
    assert.match(await said(tab, '#elsewhere-error'), /^This is no STUN or TURN URL\./)
  })

  stage.test('credentials that are old though new: a clock is wrong by an hour', async () => {
    const tab = await stage.tab('a')
    await open(tab)
    await tab.evaluate(shift, SECRET)
    await tab.click('#start')
    const result = await finished(tab)
    assert.equal(result.sentence, "Calls do not get through from here. The credentials expired 1 h ago, though they are new: the clock of whoever made them is behind the relay's.", table(result))
    assert.ok(result.report.saw.some(({ kind, reason, by }) => kind === 'refused' && reason === 'expired' && Math.abs(by - 3600) < 60))
  })
})

// shift has the page receive credentials as one makes them whose clock is an hour and ten minutes behind.
function shift(secret) {
  const key = crypto.subtle.importKey('raw', new TextEncoder().encode(secret), { name: 'HMAC', hash: 'SHA-1' }, false, ['sign'])
  const late = async (text) => {
    const frame = JSON.parse(text)
    for (const server of frame.ice.iceServers) {
      server.username = server.username.replace(/^\d+/, (expiry) => String(Number(expiry) - 3600 - 600))
      const signed = await crypto.subtle.sign('HMAC', await key, new TextEncoder().encode(server.username))
      server.credential = btoa(String.fromCharCode(...new Uint8Array(signed)))
    }
    return JSON.stringify(frame)
  }
  let native = WebSocket.prototype
  while (!Object.hasOwn(native, 'onmessage')) native = Object.getPrototypeOf(native)
  const { set } = Object.getOwnPropertyDescriptor(native, 'onmessage')
  Object.defineProperty(WebSocket.prototype, 'onmessage', {
    set(listen) {
      set.call(this, listen && (async (event) => listen(/"type":"testing"/.test(event.data) ? { data: await late(event.data) } : event)))
    },
  })
}
