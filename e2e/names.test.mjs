// People call each other by name.
import assert from 'node:assert/strict'
import { before } from 'node:test'
import { placeCall, open, says, shows, visible } from './call.mjs'
import { connected } from './media.mjs'
import { artifacts, scene } from './scene.mjs'
import { until } from './until.mjs'

scene('calls by name', ['chromium', 'certutil', 'go'], (stage) => {
  let ada, bob, tablet
  before(async () => {
    await stage.serve()
    ada = await stage.tab('a', { lasting: true })
    bob = await stage.tab('b', { lasting: true })
    tablet = stage.watch('b chromium, second device', await bob.another(), true)
    await open(ada, { name: 'ada', relay: true })
    for (const tab of [bob, tablet]) await open(tab, { name: 'bob', relay: true })
  })

  const rings = (tab) => until('it rings', () => visible(tab, '#ring'))
  const quiet = (tab) => until('it does not ring', async () => !await visible(tab, '#ring'))

  stage.test('both devices ring; one accepts, the other is told', async () => {
    await placeCall(ada, 'bob')
    await Promise.all([bob, tablet].map(rings))
    await until('ada hears that it rings', async () => /ringing/i.test(await says(ada, '#dialing-words')))
    await bob.screenshot(`${artifacts}ring.png`)
    await bob.click('#ring-accept')
    await quiet(tablet)
    await until('the tablet says why', async () => /another device/.test(await says(tablet, '#toast')))
    for (const tab of [ada, bob]) await connected(tab)
    await shows(tablet, 0)
  })

  stage.test('who is in a call is busy for others', async () => {
    const cyd = await stage.tab('c')
    await open(cyd, { name: 'cyd' })
    await placeCall(cyd, 'ada')
    await until('cyd is told', async () => /in another call/.test(await says(cyd, '#dialing-words')))
    await connected(ada)
  })

  stage.test('hanging up ends it on both sides', async () => {
    await ada.click('#hangup')
    await until('bob is told', async () => /hung up/.test(await says(bob, '#toast')))
    for (const tab of [ada, bob]) await until('back at the start', () => visible(tab, '#join'))
  })

  stage.test('one device declines for all', async () => {
    await placeCall(ada, 'bob')
    await Promise.all([bob, tablet].map(rings))
    await tablet.click('#ring-decline')
    await quiet(bob)
    await until('ada is told', async () => /declined/.test(await says(ada, '#dialing-words')))
    await ada.click('#dialing-back')
  })

  stage.test('the caller gives up', async () => {
    await placeCall(ada, 'bob')
    await Promise.all([bob, tablet].map(rings))
    await ada.click('#dialing-cancel')
    await Promise.all([bob, tablet].map(quiet))
    await until('bob is told', async () => /cancelled/.test(await says(bob, '#toast')))
  })

  stage.test('nobody of that name is here', async () => {
    await placeCall(ada, 'nobody')
    await until('ada is told', async () => /is not here now/.test(await says(ada, '#dialing-words')))
    await ada.click('#dialing-back')
  })

  // A ring that comes in meanwhile covers the button.
  const dial = (tab, name) => tab.evaluate((name) => {
    document.querySelector('#callee').value = name
    document.querySelector('#call-form').requestSubmit()
  }, name)

  for (const [when, cross] of [
    ['at once', () => Promise.all([dial(ada, 'bob'), dial(bob, 'ada')])],
    ['while it rings', () => dial(ada, 'bob').then(() => rings(bob)).then(() => dial(bob, 'ada'))],
  ]) {
    stage.test(`two who call each other ${when} are in one call, without being asked`, async () => {
      await cross()
      for (const tab of [ada, bob]) await connected(tab)
      for (const tab of [ada, bob]) {
        await shows(tab, 1)
        assert.ok(await visible(tab, '#call'))
        for (const other of ['#ring', '#dialing', '#lobby']) assert.ok(!await visible(tab, other), other)
      }
      await quiet(tablet)
      await ada.click('#hangup')
      for (const tab of [ada, bob]) await until('back at the start', () => visible(tab, '#join'))
    })
  }
})
