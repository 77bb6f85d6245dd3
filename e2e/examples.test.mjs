// Every example does what it says, in real browsers.
import assert from 'node:assert/strict'
import { says, visible } from './call.mjs'
import { examples } from './examples.mjs'
import { connected } from './media.mjs'
import { pause, until } from './until.mjs'

// reads waits until what an element says is as wanted.
const reads = (tab, selector, wanted, options) => until(`${selector} says ${wanted}`, async () => {
  const said = await says(tab, selector)
  if (!wanted.test(said)) throw new Error(said)
  return said
}, options)

examples('the examples', (stage) => {
  stage.test('call.html: two who open the same link see each other (Chromium, Firefox)', async () => {
    const people = [await stage.tab('call.html', 'chromium', 'call'), await stage.tab('call.html', 'firefox', 'call')]
    for (const tab of people) await tab.click('#join')
    for (const tab of people) await connected(tab, { within: 30_000 })
    for (const tab of people) {
      await until('the other picture plays', () => tab.evaluate(() => document.querySelectorAll('video')[1]?.videoWidth > 0))
      await reads(tab, '#status', /^The other is connected\.$/)
    }
  }, { timeout: 90_000 })

  stage.test('call.html: without a room in the link it makes one', async () => {
    const tab = await stage.tab('call.html')
    await until('a room', () => tab.evaluate(() => /^#[a-z]+-[a-z]+-[a-z]+-[0-9a-z]{22}$/.test(location.hash)))
    assert.equal(await tab.evaluate(() => document.querySelector('#link').href), await tab.evaluate(() => location.href))
  })
})
