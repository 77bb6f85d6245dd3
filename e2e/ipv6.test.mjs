// A home without IPv4 calls one without IPv6: the relay is reached by one family and relays in the other.
import assert from 'node:assert/strict'
import { before } from 'node:test'
import { enter } from './call.mjs'
import { PORT } from './daemon.mjs'
import { SERVER, SERVER6 } from './lab/lab.mjs'
import { connected, path, throughRelay } from './media.mjs'
import { scene } from './scene.mjs'

// Firefox gathers no candidate at all in a namespace without IPv4, whatever the server.
scene('a home without IPv4', ['chromium', 'certutil', 'go'], (stage) => {
  before(() => stage.serve({ http: { listen: [`https://${SERVER}:${PORT}`, `https://[${SERVER6}]:${PORT}`] } }))

  for (const [sentence, relay] of [['relay only, from relay to relay', true], ['nothing forced, through the relay', false]]) {
    stage.test(`calls a home without IPv6, ${sentence}`, async () => {
      const tabs = [await stage.tab('s'), await stage.tab('b')]
      const room = `families-${relay}`
      await enter(tabs[0], { room, name: 'sue', relay })
      await enter(tabs[1], { room, name: 'bob', relay })
      const both = []
      for (const tab of tabs) both.push(...await connected(tab))
      for (const connection of both) assert.ok(relay ? path(connection) === 'relay/relay' : throughRelay(connection), path(connection))
      const relays = both[0].candidates.filter((c) => c.side === 'local' && c.type === 'relay')
      assert.ok(relays.some((c) => c.address.startsWith(`${SERVER}:`)), 'whoever asks for no family gets an IPv4 relay')
    })
  }
})
