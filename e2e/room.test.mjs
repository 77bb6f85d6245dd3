// Three people in one room, and one of them vanishes.
import assert from 'node:assert/strict'
import { before } from 'node:test'
import { enter, shows } from './call.mjs'
import { connected } from './media.mjs'
import { artifacts, scene } from './scene.mjs'

scene('three people in a room', ['chromium', 'certutil', 'go'], (stage) => {
  before(() => stage.serve())

  stage.test('each has two connections; who closes the lid is gone for the others within 45 s', async (t) => {
    const people = { a: 'ada', b: 'bob', c: 'cyd' }
    const tabs = {}
    for (const [home, name] of Object.entries(people)) {
      tabs[home] = await stage.tab(home)
      await enter(tabs[home], { room: 'three', name })
    }
    for (const tab of Object.values(tabs)) await connected(tab, { count: 2, within: 30_000 })
    await tabs.a.screenshot(`${artifacts}room.png`)

    const closed = Date.now()
    stage.lab.homes.c.cut()
    await Promise.all([tabs.a, tabs.b].map((tab) => shows(tab, 1, { within: 50_000 })))
    const took = Date.now() - closed
    t.diagnostic(`gone after ${took} ms`)
    assert.ok(took <= 45_500, `gone after ${took} ms`) // half a second for the test's own looking
    for (const tab of [tabs.a, tabs.b]) await connected(tab, { count: 1 })
  }, { timeout: 120_000 })
})
