// Two Chromium, each behind a symmetric NAT of its own, call each other by link.
import assert from 'node:assert/strict'
import { before } from 'node:test'
import { enter, shows } from './call.mjs'
import { connected, path, throughRelay } from './media.mjs'
import { artifacts, scene } from './scene.mjs'
import { pause } from './until.mjs'

scene('two Chromium behind symmetric NATs', ['chromium', 'certutil', 'go'], (stage) => {
  before(() => stage.serve())

  stage.test('a relay-only call goes from relay to relay', async () => {
    const tabs = [await stage.tab('a'), await stage.tab('b')]
    await enter(tabs[0], { room: 'relayed', name: 'ada', relay: true })
    await enter(tabs[1], { room: 'relayed', name: 'bob', relay: true })
    for (const tab of tabs) {
      const [connection] = await connected(tab)
      assert.equal(path(connection), 'relay/relay')
    }
    await tabs[0].screenshot(`${artifacts}call.png`)
  })

  stage.test('an unrestricted call finds its way through the relay', async () => {
    const tabs = [await stage.tab('a'), await stage.tab('b')]
    await enter(tabs[0], { room: 'free', name: 'ada' })
    await enter(tabs[1], { room: 'free', name: 'bob' })
    for (const tab of tabs) assert.ok(throughRelay((await connected(tab))[0]))
  })

  stage.test('with STUN only they see each other in the room and never connect', async () => {
    const tabs = [await stage.tab('a', { stunOnly: true }), await stage.tab('b', { stunOnly: true })]
    await enter(tabs[0], { room: 'direct', name: 'ada' })
    await enter(tabs[1], { room: 'direct', name: 'bob' })
    for (const tab of tabs) await shows(tab, 1)
    await pause(6000)
    for (const tab of tabs) {
      const { connections } = await tab.observed()
      assert.ok(connections.length > 0)
      for (const connection of connections) {
        assert.notEqual(connection.connection, 'connected')
        assert.equal(connection.frames, 0)
        assert.ok(connection.candidates.some((c) => c.side === 'local' && c.type === 'srflx'), 'STUN itself must work')
      }
    }
  })

  stage.test('from a home without UDP the call goes over TCP to the relay', async () => {
    const tabs = [await stage.tab('t', { transport: 'tcp' }), await stage.tab('b', { transport: 'tcp' })]
    await enter(tabs[0], { room: 'tcp', name: 'tom', relay: true })
    await enter(tabs[1], { room: 'tcp', name: 'bob', relay: true })
    for (const tab of tabs) {
      const [connection] = await connected(tab)
      assert.equal(path(connection), 'relay/relay')
      assert.equal(connection.local.relayProtocol, 'tcp')
    }
  })

  stage.test('a home without UDP calls one with UDP, nothing forced', async () => {
    const tabs = [await stage.tab('t'), await stage.tab('b')]
    await enter(tabs[0], { room: 'mixed', name: 'tom' })
    await enter(tabs[1], { room: 'mixed', name: 'bob' })
    for (const tab of tabs) assert.ok(throughRelay((await connected(tab))[0]))
  })
})
