// A home, or an office, that lets out nothing but TCP to port 443: the page, signaling and the relay share that port.
import assert from 'node:assert/strict'
import { before } from 'node:test'
import { enter, says } from './call.mjs'
import { SERVER } from './lab/lab.mjs'
import { connected, path, throughRelay } from './media.mjs'
import { artifacts, scene } from './scene.mjs'
import { until } from './until.mjs'

scene('a home that lets out only TCP to port 443', ['chromium', 'firefox', 'certutil', 'go'], (stage) => {
  before(() => stage.serve({ http: { listen: [`https://${SERVER}:443`] } }, { port: 443 }))

  async function call(room, people, options = {}) {
    for (const [i, tab] of people.entries()) await enter(tab, { port: 443, room, name: `person ${i}`, ...options })
    const both = []
    for (const tab of people) both.push(...await connected(tab))
    return both
  }

  const badge = (tab, wanted) => until(`the badge says ${wanted}`, async () => {
    const said = await says(tab, '[data-session] .badge')
    if (!wanted.test(said)) throw new Error(said)
    return true
  })

  for (const kind of ['chromium', 'firefox']) {
    stage.test(`${kind} gets out through TLS, on the port of the page`, async () => {
      const [will, bob] = [await stage.tab('w', { kind }), await stage.tab('b')]
      const [connection] = await call(`only-443-${kind}`, [will, bob], { relay: true })
      assert.equal(path(connection), 'relay/relay')
      assert.equal(connection.local.relayProtocol, 'tls')
      await badge(will, /^relayed, TLS · \d+ ms$/)
      await will.screenshot(`${artifacts}tls-${kind}.png`)
    })
  }

  stage.test('nothing forced, the call finds its way as well', async () => {
    const [will, bob] = [await stage.tab('w'), await stage.tab('b')]
    const [connection] = await call('free-443', [will, bob])
    assert.ok(throughRelay(connection))
    assert.equal(connection.local.relayProtocol, 'tls')
  })

  stage.test('two people in such a home, one with Firefox, meet through TLS on both sides', async () => {
    const people = [await stage.tab('w'), await stage.tab('w', { kind: 'firefox' })]
    for (const connection of await call('both-443', people, { relay: true })) {
      assert.equal(path(connection), 'relay/relay')
      assert.equal(connection.local.relayProtocol, 'tls')
    }
  })
})

scene('a home that lets out only TCP to port 443, and a relay without TLS there', ['chromium', 'certutil', 'go'], (stage) => {
  // The control: the page is reached, the relay is not.
  before(() => stage.serve({ turn: { urls: [`turn:${SERVER}:3478?transport=udp`, `turn:${SERVER}:3478?transport=tcp`] }, http: { listen: [`https://${SERVER}:443`] } }, { port: 443 }))

  stage.test('they see each other and do not connect', async () => {
    const tabs = [await stage.tab('w'), await stage.tab('b')]
    for (const [i, tab] of tabs.entries()) await enter(tab, { port: 443, room: 'none', name: `person ${i}`, relay: true })
    await assert.rejects(connected(tabs[0], { within: 6000 }), /not within/)
    const { connections } = await tabs[0].observed()
    assert.equal(connections.length, 1)
    assert.deepEqual(connections[0].candidates.filter((c) => c.side === 'local'), [])
  })
})
