// The connection to the server is lost in the middle of a call, or WebSockets do not come through at all.
import assert from 'node:assert/strict'
import { before } from 'node:test'
import { control, enter, says, shows, tiles } from './call.mjs'
import { PORT } from './daemon.mjs'
import { connected, total } from './media.mjs'
import { scene } from './scene.mjs'
import { pause, until } from './until.mjs'

scene('a connection to the server that is lost', ['chromium', 'firefox', 'certutil', 'go'], (stage) => {
  let daemon
  before(async () => { daemon = await stage.serve() })

  // reset has the router of a home end every TCP connection to the server, as one that is short of memory does.
  function reset(home) {
    const { router } = stage.lab.homes[home]
    router.nft(`add rule ip home knob tcp dport ${PORT} reject with tcp reset\nadd rule ip home knob tcp sport ${PORT} reject with tcp reset`)
  }

  const session = async (tab) => (await tiles(tab))[0].session
  const opened = async (tab) => (await tab.observed()).webSockets

  for (const kind of ['chromium', 'firefox']) {
    stage.test(`is resumed, and nobody in the call notices (${kind})`, async () => {
      const tabs = [await stage.tab('a', { kind }), await stage.tab('b')]
      const room = `resume-${kind}`
      await enter(tabs[0], { room, name: 'ada' })
      await enter(tabs[1], { room, name: 'bob' })
      for (const tab of tabs) await connected(tab)
      const sessions = await Promise.all(tabs.map(session))
      const sockets = await opened(tabs[0])
      const connections = await Promise.all(tabs.map(async (tab) => (await tab.observed()).connections.length))

      reset('a')
      await control(tabs[0], 'mic') // something to say, that the reset is noticed now
      await pause(1500)
      const frames = await Promise.all(tabs.map((tab) => total(tab, 'frames')))
      stage.lab.homes.a.mend()
      await until('ada has another connection to the server', async () => await opened(tabs[0]) > sockets, { within: 20_000 })
      await until('the session is resumed', () => /session resumed/.test(daemon.log), { within: 20_000 })
      await until('bob hears that ada is muted', async () => /muted/i.test((await tiles(tabs[1]))[0]?.text ?? ''), { within: 20_000 })

      for (const [i, tab] of tabs.entries()) {
        await shows(tab, 1)
        assert.equal(await session(tab), sessions[i], 'the session stays the same')
        const { connections: now } = await tab.observed()
        assert.equal(now.length, connections[i], 'no new connection was made')
        assert.ok(now.every(({ history }) => !history.some((line) => /disconnected|failed|closed/.test(line))), 'media was never disturbed')
        await until('the picture runs', async () => await total(tab, 'frames') > frames[i] + 10)
      }
    }, { timeout: 90_000 })
  }

  stage.test('the others are told that they wait for somebody, until he is back', async () => {
    const tabs = [await stage.tab('a'), await stage.tab('b')]
    await enter(tabs[0], { room: 'away', name: 'ada' })
    await enter(tabs[1], { room: 'away', name: 'bob' })
    for (const tab of tabs) await connected(tab)
    const badge = () => says(tabs[1], '[data-session] .badge')
    reset('a')
    for (const tab of tabs) await control(tab, 'mic') // something to say both ways, that both ends notice
    await until('bob is told', async () => await badge() === 'connection lost, waiting…')
    await shows(tabs[1], 1)
    stage.lab.homes.a.mend()
    await until('bob is told that ada is back', async () => /^(direct|relayed)/.test(await badge()), { within: 20_000 })
    await connected(tabs[1])
  })

  stage.test('is resumed when the NAT forgets everything, and the picture comes back by itself', async (t) => {
    const tabs = [await stage.tab('a', { transport: 'udp' }), await stage.tab('b', { transport: 'udp' })]
    await enter(tabs[0], { room: 'flush', name: 'ada', relay: true })
    await enter(tabs[1], { room: 'flush', name: 'bob', relay: true })
    for (const tab of tabs) await connected(tab)
    const sessions = await Promise.all(tabs.map(session))

    const start = Date.now()
    stage.lab.homes.a.router.exec('conntrack', '-F')
    await control(tabs[0], 'mic')
    await until('bob hears that ada is muted', async () => /muted/i.test((await tiles(tabs[1]))[0]?.text ?? ''), { within: 40_000 })
    for (const tab of tabs) await connected(tab, { within: 40_000 })
    t.diagnostic(`${Date.now() - start} ms`)
    for (const [i, tab] of tabs.entries()) assert.equal(await session(tab), sessions[i], 'the session stays the same')
  }, { timeout: 120_000 })

  stage.test('without WebSockets a call goes over the event stream', async () => {
    const tabs = [await stage.tab('a', { noWebSocket: true }), await stage.tab('b')]
    await enter(tabs[0], { room: 'events', name: 'ada' })
    await enter(tabs[1], { room: 'events', name: 'bob' })
    for (const tab of tabs) await connected(tab)
    assert.equal(await opened(tabs[0]), 0)
    await control(tabs[0], 'mic')
    await until('bob hears that ada is muted', async () => /muted/i.test((await tiles(tabs[1]))[0]?.text ?? ''))
    // Longer than a session lives whose client is not heard, nor any server's write timeout.
    await pause(50_000)
    for (const tab of tabs) await connected(tab)
    await tabs[1].close()
    await shows(tabs[0], 0)
  }, { timeout: 120_000 })
})
