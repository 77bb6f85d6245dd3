// Guests without an account: a link that carries an invitation, where the server lets nobody else in.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { before } from 'node:test'
import { placeCall, says, shows, tiles, visible } from './call.mjs'
import { PORT } from './daemon.mjs'
import { connected } from './media.mjs'
import { scene } from './scene.mjs'
import { until } from './until.mjs'

const KEY = 'the key of the application that invites'
const hash = createHash('sha256').update(KEY).digest('hex')
const page = `https://turn.test:${PORT}/`

scene('guests with an invitation', ['chromium', 'certutil', 'go'], (stage) => {
  let ada, bob, link
  before(async () => {
    const keys = [{ alg: 'HS256', secret: 'what signs the tokens of people with an account' }]
    await stage.serve({ http: { auth: { mode: 'token', keys, api_keys: [`sha256:${hash}`] } } })
    ada = await stage.tab('a', { lasting: true })
    bob = await stage.tab('b', { lasting: true })
    await ada.goto(page)
    const made = await ada.evaluate(async (key) => {
      const headers = { Authorization: `Bearer ${key}` }
      const answer = await fetch('v1/invite', { method: 'POST', headers, body: JSON.stringify({ room: 'monday', ttl: 600 }) })
      return answer.json()
    }, KEY)
    link = `${page}#invite=${made.invite}`
  })

  const enter = async (tab, address, name) => {
    await tab.goto('about:blank') // so that a page which differs only behind # is loaded anew
    await tab.goto(address)
    await tab.fill('#name', name)
    await tab.click('#join')
  }
  const refused = (tab, pattern) => until('the page says why', async () => pattern.test(await says(tab, '#lobby-error')))

  stage.test('the link opens its room, and guests are marked', async () => {
    await enter(ada, link, 'ada')
    assert.equal(await ada.evaluate(() => document.querySelector('#room').value), 'monday')
    await enter(bob, link, 'bob')
    for (const tab of [ada, bob]) await connected(tab)
    assert.match((await tiles(ada))[0].text, /bob \(guest\)/)
  })

  stage.test('a reload leads back into the room', async () => {
    await bob.evaluate(() => location.reload())
    await shows(ada, 0)
    await until('the page is there', () => visible(bob, '#join'))
    await bob.click('#join')
    for (const tab of [ada, bob]) await connected(tab)
  })

  stage.test('it opens no other room, and calls nobody by name', async () => {
    const cyd = await stage.tab('c')
    await cyd.goto(link)
    await cyd.fill('#room', 'tuesday')
    await cyd.click('#join')
    await refused(cyd, /refused.*another room/)
    await placeCall(cyd, 'ada (guest)')
    await refused(cyd, /refused.*not for calls/)
    assert.ok(await visible(cyd, '#join'))
  })

  stage.test('who has none, or one that is not genuine, is told what to do', async () => {
    const cyd = await stage.tab('c')
    await cyd.goto(page)
    await until('the page says so', async () => /Open the link of an invitation/.test(await says(cyd, '#server')))
    await cyd.click('#join')
    await refused(cyd, /Open the link of an invitation/)
    await enter(cyd, `${link.slice(0, -4)}AAAA`, 'cyd')
    await refused(cyd, /not valid.*Ask for a new one/)
  })
})
