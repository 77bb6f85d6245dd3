// A NAT forgets its mappings in the middle of a call. No browser mends that by itself; the page must.
import assert from 'node:assert/strict'
import { before } from 'node:test'
import { enter } from './call.mjs'
import { connected, total } from './media.mjs'
import { scene } from './scene.mjs'
import { pause, until } from './until.mjs'

scene('a NAT that rebinds', ['chromium', 'firefox', 'certutil', 'go'], (stage) => {
  before(() => stage.serve())

  async function frozen(tab) {
    const before = await total(tab, 'frames')
    await pause(600)
    return await total(tab, 'frames') === before
  }

  async function runs(tab, within) {
    const before = await total(tab, 'frames')
    await until('the picture runs', async () => await total(tab, 'frames') > before + 3, { within, every: 100 })
  }

  // Firefox takes its time from the restored connection to the first whole picture.
  for (const [kind, relay, within] of [['chromium', true, 10_000], ['chromium', false, 10_000], ['firefox', true, 15_000]]) {
    stage.test(`the picture is back within ${within / 1000} s (${kind}, ${relay ? 'relay only' : 'nothing forced'})`, async (t) => {
      const room = `rebind-${relay}-${kind}`
      // The first relay that answers wins; over TCP the call would not notice.
      const tabs = [await stage.tab('a', { kind, transport: 'udp' }), await stage.tab('b', { transport: 'udp' })]
      await enter(tabs[0], { room, name: 'ada', relay })
      await enter(tabs[1], { room, name: 'bob', relay })
      for (const tab of tabs) await connected(tab)

      const start = Date.now()
      stage.lab.homes.a.rebind()
      const stops = until('the picture stops', () => frozen(tabs[1]), { within: 4000 })
      // Unrestricted, the browser may find another way before it stops; relay only, it cannot.
      await (relay ? stops : stops.catch(() => {}))
      await Promise.all(tabs.map((tab) => runs(tab, within)))
      const took = Date.now() - start
      t.diagnostic(`${took} ms`)
      assert.ok(took < within, `took ${took} ms`)
      for (const tab of tabs) await connected(tab)
    })
  }
})
