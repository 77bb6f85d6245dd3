// Chromium and Firefox call each other through the relay.
import assert from 'node:assert/strict'
import { before } from 'node:test'
import { enter } from './call.mjs'
import { connected, path } from './media.mjs'
import { artifacts, scene } from './scene.mjs'

scene('Chromium and Firefox', ['chromium', 'firefox', 'certutil', 'go'], (stage) => {
  before(() => stage.serve())

  // call joins two people in the given order and returns what each one's connection is.
  async function call(room, ...tabs) {
    for (const [i, tab] of tabs.entries()) await enter(tab, { room, name: `person ${i}`, relay: true })
    const both = []
    for (const tab of tabs) both.push(...await connected(tab))
    return both
  }

  stage.test('Chromium waits, Firefox joins', async () => {
    const [ada, bob] = [await stage.tab('a'), await stage.tab('b', { kind: 'firefox' })]
    for (const connection of await call('mixed-1', ada, bob)) assert.equal(path(connection), 'relay/relay')
    await bob.screenshot(`${artifacts}call-firefox.png`)
  })

  stage.test('Firefox waits, Chromium joins', async () => {
    const [ada, bob] = [await stage.tab('a'), await stage.tab('b', { kind: 'firefox' })]
    for (const connection of await call('mixed-2', bob, ada)) assert.equal(path(connection), 'relay/relay')
  })

  stage.test('over TCP', async () => {
    const narrow = { transport: 'tcp' }
    const [ada, bob] = [await stage.tab('a', narrow), await stage.tab('b', { kind: 'firefox', ...narrow })]
    for (const connection of await call('mixed-3', ada, bob)) {
      assert.equal(path(connection), 'relay/relay')
      assert.equal(connection.local.relayProtocol, 'tcp')
    }
  })
})
