// The daemon is restarted under a running call: an upgrade.
import { before } from 'node:test'
import { enter, shows, visible } from './call.mjs'
import { connected } from './media.mjs'
import { scene } from './scene.mjs'
import { until } from './until.mjs'

scene('a daemon that is restarted', ['chromium', 'certutil', 'go'], (stage) => {
  let daemon
  before(async () => { daemon = await stage.serve() })

  stage.test('people are told, meet again, and see each other again', async () => {
    const tabs = [await stage.tab('a'), await stage.tab('b')]
    await enter(tabs[0], { room: 'restart', name: 'ada', relay: true })
    await enter(tabs[1], { room: 'restart', name: 'bob', relay: true })
    for (const tab of tabs) await connected(tab)

    await daemon.stop()
    for (const tab of tabs) await until('the page says that the server is gone', () => visible(tab, '#server'))
    await stage.serve()
    for (const tab of tabs) await until('the page says no more', async () => !await visible(tab, '#server'), { within: 20_000 })
    for (const tab of tabs) await shows(tab, 1)
    for (const tab of tabs) await connected(tab, { within: 30_000 })
  }, { timeout: 120_000 })
})
