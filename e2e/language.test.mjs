// The page in each of its languages, on the smallest phone.
import assert from 'node:assert/strict'
import { before } from 'node:test'
import { enter, fit, open, says, shows, visible } from './call.mjs'
import { artifacts, scene } from './scene.mjs'
import { pause, until } from './until.mjs'

const joins = { en: 'Join', ru: 'Войти', ko: '참여', zh: '加入' }

scene('the languages of the call page', ['chromium', 'certutil', 'go'], (stage) => {
  let ada
  before(async () => {
    await stage.serve()
    await enter(await stage.tab('b', { lasting: true }), { room: 'babel', name: 'bob' })
    ada = await stage.tab('a', { lasting: true })
    await ada.resize(320, 568)
    await open(ada, { room: 'babel', name: 'ada' })
    await until('the page is there', () => visible(ada, '#join'))
  })

  for (const [language, join] of Object.entries(joins)) {
    stage.test(`${language} is chosen at the bottom, and everything has its place`, async () => {
      await ada.evaluate((language) => {
        const select = document.querySelector('.language select')
        select.value = language
        select.dispatchEvent(new Event('change'))
      }, language)
      await until('the page speaks it', async () => await says(ada, '#join') === join)
      assert.equal(await ada.evaluate(() => document.documentElement.lang), language)
      const before = await fit(ada)
      assert.ok(before.page[0] <= 320, `page of ${before.page}`) // it may be higher: it scrolls
      assert.deepEqual(before.cut, [], 'buttons with words that stick out')

      await ada.click('#join')
      await shows(ada, 1)
      await pause(300)
      await ada.screenshot(`${artifacts}call-${language}.png`)
      const { page, outside, cut } = await fit(ada)
      assert.ok(page[0] <= 320 && page[1] <= 568, `page of ${page}`)
      assert.deepEqual(outside, [], 'buttons outside of the window')
      assert.deepEqual(cut, [], 'buttons with words that stick out')
      await ada.click('#hangup')
    })
  }

  stage.test('the last choice is kept for the next visit', async () => {
    const tab = stage.watch('a chromium, second tab', await ada.another())
    await open(tab, { room: 'babel' })
    await until('the page speaks it', async () => await says(tab, '#join') === joins.zh)
  })
})
