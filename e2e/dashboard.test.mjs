// The operator's page, on the server itself and from elsewhere, while two people call each other.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { before } from 'node:test'
import { Browser } from './browser/browser.mjs'
import { enter, fit, says, visible } from './call.mjs'
import { connected } from './media.mjs'
import { artifacts, scene } from './scene.mjs'
import { pause, until } from './until.mjs'

const READER = 'k9Zq2xW7vB4nM1sTc5Rf8Yh'
const PAGE = 'http://localhost:9641/'
const config = { admin: { listen: 'http://:9641', tokens: [READER] }, drain: { timeout: '10m' } }

const rows = (tab) => tab.evaluate(() => [...document.querySelectorAll('#sessions tbody tr')].map((row) => [...row.cells].map((cell) => cell.innerText)))
const figure = (tab, n) => tab.evaluate((n) => document.querySelectorAll('#figures strong')[n]?.innerText, n)
const hasRows = (tab, least = 2) => until('the page lists the sessions', async () => {
  const list = await rows(tab)
  return list.length >= least && list
})

scene('the dashboard', ['chromium', 'certutil', 'go'], (stage) => {
  let daemon, browser, desk
  const callers = []

  before(async () => {
    process.env.RUNTIME_DIRECTORY = join(stage.lab.dir, 'run')
    daemon = await stage.serve(config)
    browser = await Browser.start(stage.lab.server, 'chromium', { dir: stage.lab.dir, ca: stage.tls.ca })
    stage.keep({ name: 'the browser of the operator', log: '', news: () => '', stop: () => browser.stop() })
    desk = stage.watch('the operator', await browser.open(), true)
    for (const home of ['a', 'b']) callers.push(await stage.tab(home, { lasting: true }))
  })

  stage.test('where nobody is there yet, it says so', async () => {
    await desk.goto(PAGE)
    await until('the page is live', async () => await says(desk, '#pulse') === 'Live')
    assert.equal(await says(desk, '#sessions-hint'), 'Nobody uses the relay now.')
    assert.equal(await says(desk, '#refusals'), 'None was refused.')
    assert.match(await says(desk, '#server'), /Self-test of udp:\/\/\S+ good/)
    assert.match(await says(desk, '#server'), /Certificate until .+ left/)
    assert.match(await says(desk, '#server'), /Data path: \w+/)
  })

  stage.test('a relayed call is seen by itself, with what it relays', async () => {
    for (const [i, tab] of callers.entries()) await enter(tab, { room: 'desk', name: `person ${i}`, relay: true })
    for (const tab of callers) await connected(tab)
    await hasRows(desk)
    await until('rates are there', async () => (await rows(desk)).some((row) => /[1-9]/.test(row[6]) && /bit\/s/.test(row[6])))
    assert.ok(Number(await figure(desk, 0)) >= 2, 'allocations')
    assert.equal(await figure(desk, 1), '2') // sessions of signaling
    await until('the call is counted', async () => Number(await figure(desk, 2)) > 0)
    assert.match(await figure(desk, 3), /[1-9].* [kM]bit\/s/)
    await until('the history has begun', async () => await visible(desk, '#hour .chart'))
    await desk.screenshot(`${artifacts}dashboard.png`)
  })

  stage.test('the table is sorted by its heads and narrowed down by what is typed', async () => {
    const by = (n) => desk.click(`#sessions thead th:nth-child(${n}) button`)
    const column = async (n) => (await rows(desk)).map((row) => row[n - 1])
    await by(4)
    const up = await column(4)
    assert.deepEqual(up, [...up].sort((a, b) => a.localeCompare(b, 'en', { numeric: true })))
    await by(4)
    assert.deepEqual(await column(4), up.reverse())
    assert.equal(await desk.evaluate(() => document.querySelector('#sessions [aria-sort]').getAttribute('aria-sort')), 'descending')

    const [relay] = up
    await desk.press('/')
    await desk.fill('#filter', relay)
    assert.deepEqual(await column(4), [relay])
    await desk.fill('#filter', 'nobody')
    assert.equal(await says(desk, '#sessions-hint'), 'No session is like that.')
    await desk.fill('#filter', '')
    await hasRows(desk)
    await desk.evaluate(() => document.activeElement.blur())
  })

  stage.test('it pauses, and goes on', async () => {
    await desk.press('p')
    assert.equal(await says(desk, '#pulse'), 'Paused')
    const before = await says(desk, '#server')
    await pause(3000)
    assert.equal(await says(desk, '#server'), before, 'a page that pauses changes')
    await desk.click('#pause')
    await until('the page goes on', async () => await says(desk, '#pulse') === 'Live' && await says(desk, '#server') !== before)
  })

  stage.test('somebody is disconnected, after a question and with the token only', async () => {
    const [[user]] = await hasRows(desk)
    const first = '#sessions tbody tr:first-child button'
    await desk.click(first)
    assert.equal(await says(desk, '#ask-title'), `Disconnect ${user}?`)
    await desk.press('Escape')
    assert.equal(await visible(desk, '#ask'), false)

    await desk.click(first)
    const whom = (await says(desk, '#ask-title')).match(/^Disconnect (.+)\?$/)[1]
    await desk.fill('#ask-token', 'guessed')
    await desk.click('#ask-yes')
    await until('it is refused', async () => await says(desk, '#ask-error') === 'This token is not the right one.')
    assert.ok((await rows(desk)).some(([name]) => name === whom))

    const file = (await says(desk, '#ask-hint')).match(/in (\S+),/)[1]
    await desk.fill('#ask-token', readFileSync(file, 'utf8').trim())
    await desk.click('#ask-yes')
    await until('it is done', async () => /^Sessions ended: [1-9]/.test(await says(desk, '#toast')))
    await until('the sessions are gone', async () => (await rows(desk)).every(([name]) => name !== whom))

    await hasRows(desk, 1)
    await desk.click(first)
    assert.equal(await visible(desk, '#ask-token'), false, 'it asks for the token again')
    await desk.press('Escape')
  })

  stage.test('from another host it shows nothing without a token, and one that reads changes nothing', async () => {
    const far = await stage.tab('c')
    await far.goto('http://turn.test:9641/')
    await until('it asks for a token', () => visible(far, '#door'))
    assert.equal(await visible(far, '#content'), false)
    await far.fill('#door-token', 'guessed')
    await far.press('Enter')
    await until('it is refused', async () => await says(far, '#door-error') === 'This token is not the right one.')
    await far.fill('#door-token', READER)
    await far.press('Enter')
    await hasRows(far, 1)
    await far.click('#sessions tbody tr:first-child button')
    await far.click('#ask-yes')
    await until('it may only read', async () => await says(far, '#ask-error') === 'This token may only read. It takes the admin token.')
    assert.doesNotMatch(await says(far, '#ask-hint'), /\//, 'the path of the token is told to a stranger')
  })

  for (const [language, title] of Object.entries({ en: 'Sessions of the relay', ru: 'Сеансы реле', ko: '중계 세션', zh: '中继会话' })) {
    stage.test(`on the smallest phone, in ${language}, everything has its place`, async () => {
      const phone = stage.watch('a phone', await browser.open())
      await phone.resize(320, 568)
      await phone.goto(PAGE)
      await until('the page is there', () => visible(phone, '#content'))
      await phone.evaluate((language) => {
        const select = document.querySelector('.language select')
        select.value = language
        select.dispatchEvent(new Event('change'))
      }, language)
      await until('the page speaks it', async () => await says(phone, '#sessions-title') === title && await visible(phone, '#figures strong'))
      const { page, cut } = await fit(phone)
      assert.ok(page[0] <= 320, `page of ${page}`)
      assert.deepEqual(cut, [], 'buttons with words that stick out')
      await phone.screenshot(`${artifacts}dashboard-${language}.png`)
    })
  }

  stage.test('it says when the daemon is gone, and when it is back', async () => {
    await daemon.stop()
    await until('it is gone', async () => await says(desk, '#pulse') === 'No answer')
    assert.match(await says(desk, '#notice'), /^The daemon does not answer since /)
    daemon = await stage.serve(config)
    await until('it is back', async () => await says(desk, '#pulse') === 'Live')
    assert.equal(await visible(desk, '#notice'), false)
    assert.equal(await says(desk, '#toast'), 'The daemon was restarted.')
  })
})
