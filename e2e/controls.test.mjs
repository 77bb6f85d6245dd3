// What the buttons of a call do, seen from the other side. One call lasts through all tests.
import assert from 'node:assert/strict'
import { before } from 'node:test'
import { control, enter, fit, picture, says, shows, visible } from './call.mjs'
import { SERVER } from './lab/lab.mjs'
import { connected, path, total } from './media.mjs'
import { artifacts, scene } from './scene.mjs'
import { pause, until } from './until.mjs'

scene('the controls of a call', ['chromium', 'certutil', 'go'], (stage) => {
  let ada, bob
  before(async () => {
    await stage.serve()
    ada = await stage.tab('a', { lasting: true })
    bob = await stage.tab('b', { lasting: true })
    await enter(ada, { room: 'controls', name: 'ada', relay: true })
    await enter(bob, { room: 'controls', name: 'bob', relay: true })
    for (const tab of [ada, bob]) await connected(tab)
  })

  // grows says by how much a figure grows in a while.
  async function grows(tab, figure, ms = 1500) {
    const start = await total(tab, figure)
    await pause(ms)
    return await total(tab, figure) - start
  }

  stage.test('the badge says in words how the connection goes', async () => {
    await until('a badge with a round trip time', async () => /^relayed, (UDP|TCP) · \d+ ms$/.test(await says(bob, '[data-session] .badge')))
    await bob.click('[data-session] .badge')
    await until('the relay among the candidates', async () => (await says(bob, '#path')).includes(SERVER))
    await bob.screenshot(`${artifacts}path.png`)
    await bob.click('#path-close')
  })

  stage.test('a muted microphone is silent and shown', async () => {
    const heard = await until('sound arrives', () => grows(bob, 'loudness'))
    await control(ada, 'mic')
    await until('bob sees it', () => visible(bob, '[data-session] .muted'))
    await pause(1000)
    // A receiver that is starved of packets makes up a little noise of its own.
    assert.ok(await grows(bob, 'loudness') < heard / 100, `before: ${heard}`)
    await control(ada, 'mic')
    await until('bob sees that it is on', async () => !await visible(bob, '[data-session] .muted'))
    await until('sound arrives again', async () => await grows(bob, 'loudness') > heard / 10)
  })

  stage.test('a camera that is off sends nothing, and comes back', async () => {
    await control(ada, 'camera')
    await until('bob sees no picture', async () => await picture(bob) === 'none')
    await pause(500)
    assert.equal(await grows(bob, 'frames'), 0)
    await control(ada, 'camera')
    await until('bob sees a picture', async () => await picture(bob) === 'camera')
    await connected(bob)
  })

  stage.test('another camera reaches the other side on the running connection', async () => {
    const before = (await ada.observed()).connections[0].sending
    await control(ada, 'devices')
    await until('the dialog is open', () => visible(ada, '#devices'))
    const chosen = await ada.evaluate(() => {
      const select = document.querySelector('#device-video')
      select.selectedIndex = 2 // the second of Chromium's fake cameras is one for depth, which no codec takes
      select.dispatchEvent(new Event('change', { bubbles: true }))
      return select.selectedOptions[0].label
    })
    await ada.click('#devices-close')
    assert.ok(!before.includes(chosen), `${before} already has ${chosen}`)
    await until('ada sends it', async () => (await ada.observed()).connections[0].sending.includes(chosen), { within: 5000 })
    await connected(bob)
  })

  stage.test('a shared screen is shown as one, and the camera returns after it', async () => {
    await control(ada, 'screen')
    await until('bob sees a screen', async () => await picture(bob) === 'screen')
    await connected(bob)
    await bob.screenshot(`${artifacts}screen.png`)
    await control(ada, 'screen')
    await until('bob sees the camera', async () => await picture(bob) === 'camera')
    await connected(bob)
  })

  stage.test('the relay-only switch moves a running call off the relay and back', async () => {
    for (const [wanted, pattern] of [['without', /^(host|srflx|prflx)\/relay$/], ['with', /^relay\/relay$/]]) {
      await control(ada, 'devices')
      await until('the dialog is open', () => visible(ada, '#devices'))
      await ada.click('#relay-only')
      await ada.click('#devices-close')
      await until(`ada goes on ${wanted} a relay of her own`, async () => pattern.test(path((await connected(ada))[0])))
      await connected(bob)
    }
  })

  stage.test('what is written arrives as it was written, both ways', async () => {
    const line = '<img src=x onerror="document.title=1"> & ünï→日本'
    await control(ada, 'chat')
    await ada.fill('#chat-text', line)
    await ada.press('Enter')
    await until('bob is told of a line', async () => /1/.test(await says(bob, '#bar [data-control="chat"]')))
    await control(bob, 'chat')
    assert.ok((await says(bob, '#chat-log')).includes(line))
    assert.equal(await bob.evaluate(() => document.querySelectorAll('#chat-log img').length), 0)
    await bob.fill('#chat-text', 'back to you')
    await bob.press('Enter')
    await until('ada reads it', async () => (await says(ada, '#chat-log')).includes('back to you'))
    await ada.screenshot(`${artifacts}chat.png`)
    await ada.click('#chat-close')
    await bob.click('#chat-close')
  })

  stage.test('the keyboard does the same', async () => {
    await ada.press('m')
    await until('bob sees that ada is mute', () => visible(bob, '[data-session] .muted'))
    await ada.press('m')
    await ada.press('v')
    await until('bob sees no picture', async () => await picture(bob) === 'none')
    await ada.press('v')
    await ada.press('c')
    await until('the chat is open', () => visible(ada, '#chat'))
    await ada.press('Escape')
    await until('bob hears and sees again', async () => !await visible(bob, '[data-session] .muted') && await picture(bob) === 'camera')
  })

  for (const [width, height] of [[320, 568], [844, 390]]) {
    stage.test(`nothing sticks out of a window of ${width} by ${height}`, async () => {
      await ada.resize(width, height)
      await pause(300)
      const { page, outside, cut } = await fit(ada)
      await ada.screenshot(`${artifacts}call-${width}.png`)
      await ada.resize(1280, 800)
      assert.ok(page[0] <= width && page[1] <= height, `page of ${page}`)
      assert.deepEqual(outside, [], 'buttons outside of the window')
      assert.deepEqual(cut, [], 'buttons with words that stick out')
    })
  }

  stage.test('nothing went wrong that only the console would tell', async () => {
    for (const tab of [ada, bob]) assert.deepEqual((await tab.lines()).filter((line) => /^(error|warning|uncaught)/.test(line)), [])
  })

  stage.test('who hangs up is gone at once', async () => {
    await ada.click('#hangup')
    await shows(bob, 0, { within: 2000 })
    assert.ok(await visible(ada, '#join'))
    for (const tab of [ada, bob]) assert.deepEqual((await tab.observed()).connections, [])
  })
})
