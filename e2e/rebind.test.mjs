// A NAT forgets its mappings in the middle of a call. No browser mends that by itself; the page must.
import assert from 'node:assert/strict'
import { before } from 'node:test'
import { control, enter, picture, visible } from './call.mjs'
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

  // call has ada, whose browser is of that kind, wait in a room for bob.
  async function call(room, kind, relay) {
    // The first relay that answers wins; over TCP the call would not notice.
    const tabs = [await stage.tab('a', { kind, transport: 'udp' }), await stage.tab('b', { transport: 'udp' })]
    await enter(tabs[0], { room, name: 'ada', relay })
    await enter(tabs[1], { room, name: 'bob', relay })
    for (const tab of tabs) await connected(tab)
    return tabs
  }

  const offers = async (tab) => (await tab.observed()).connections.flatMap(({ history }) => history.filter((line) => /have-(local|remote)-offer/.test(line)))

  // Two to three seconds; browsers alone would notice after five to ten. The rest is room for a busy machine.
  const within = 10_000
  for (const [kind, relay] of [['chromium', true], ['chromium', false], ['firefox', true], ['firefox', false]]) {
    stage.test(`the picture is back within ${within / 1000} s (${kind}, ${relay ? 'relay only' : 'nothing forced'})`, async (t) => {
      const tabs = await call(`rebind-${relay}-${kind}`, kind, relay)

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

  for (const kind of ['chromium', 'firefox']) {
    stage.test(`two who say and show nothing are left alone, and are heard again after a rebind (${kind})`, async () => {
      const tabs = await call(`quiet-${kind}`, kind, true)
      for (const tab of tabs) for (const name of ['mic', 'camera']) await control(tab, name)
      for (const tab of tabs) await until('the other is quiet', async () => await visible(tab, '[data-session] .muted') && await picture(tab) === 'none')
      const before = await Promise.all(tabs.map(offers))
      await pause(8000)
      assert.deepEqual(await Promise.all(tabs.map(offers)), before, 'no restart without a reason')

      stage.lab.homes.a.rebind()
      await until('a restart', async () => (await offers(tabs[0])).length > before[0].length, { within })
      for (const tab of tabs) await control(tab, 'camera')
      await Promise.all(tabs.map((tab) => runs(tab, within)))
    })
  }
})
