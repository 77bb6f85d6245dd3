// Both ends of a relay-only call live on one server, so the relay has to reach itself. Its network does not help.
import assert from 'node:assert/strict'
import { before } from 'node:test'
import { enter } from './call.mjs'
import { PORT } from './daemon.mjs'
import { OFFICE, SERVER } from './lab/lab.mjs'
import { connected, path } from './media.mjs'
import { scene } from './scene.mjs'

// relayed calls from home to home; every candidate in use must be a relay at the address.
async function relayed(stage, host, address) {
  const tabs = [await stage.tab('a'), await stage.tab('b')]
  await enter(tabs[0], { host, room: 'hairpin', name: 'ada', relay: true })
  await enter(tabs[1], { host, room: 'hairpin', name: 'bob', relay: true })
  const both = []
  for (const tab of tabs) both.push(...await connected(tab))
  for (const connection of both) {
    assert.equal(path(connection), 'relay/relay')
    for (const end of [connection.local, connection.remote]) assert.ok(end.address.startsWith(`${address}:`), end.address)
  }
}

scene('a server behind a 1:1 NAT that drops hairpin traffic', ['chromium', 'certutil', 'go'], (stage) => {
  before(() => {
    const { office } = stage.lab.homes
    return stage.serve({
      turn: { relay: { addresses: [`${OFFICE}=${office.address}`] }, peers: { allow: undefined } },
      http: { listen: [`https://${office.address}:${PORT}`] },
    }, { machine: office.machine })
  })

  stage.test('two relay-only browsers call each other', async () => {
    await relayed(stage, 'office.test', OFFICE)
    assert.equal(stage.lab.homes.office.hairpins(), 0, 'packets that the server sent to its own public address')
  })
})

scene('a server that has only an address which peers may not have', ['chromium', 'certutil', 'go'], (stage) => {
  // Nothing is allowed and the relay address is found by the daemon: a laptop in somebody's LAN.
  before(() => stage.serve({ turn: { relay: { addresses: [] }, peers: { allow: undefined } } }))

  stage.test('two relay-only browsers call each other', () => relayed(stage, 'turn.test', SERVER))
})
