// Who comes into a room and who does not: its owner locks it and makes people leave, and it may be full.
import assert from 'node:assert/strict'
import { before } from 'node:test'
import { enter, says, shows, tiles, visible } from './call.mjs'
import { connected } from './media.mjs'
import { artifacts, scene } from './scene.mjs'
import { until } from './until.mjs'

scene('the door of a room', ['chromium', 'certutil', 'go'], (stage) => {
  let ada, bob, cyd
  before(async () => {
    await stage.serve()
    ada = await stage.tab('a', { lasting: true })
    bob = await stage.tab('b', { lasting: true })
    cyd = await stage.tab('c', { lasting: true })
    await enter(ada, { room: 'door', name: 'ada' })
    await enter(bob, { room: 'door', name: 'bob' })
    for (const tab of [ada, bob]) await connected(tab)
  })

  const refused = (tab, pattern) => until('the page says why', async () => pattern.test(await says(tab, '#lobby-error')) && visible(tab, '#join'))

  stage.test('the owner has a lock, the others have not', async () => {
    assert.ok(await visible(ada, '#where-lock'))
    assert.ok(await visible(ada, '[data-session] .remove'))
    assert.ok(!await visible(bob, '#where-lock'))
    assert.ok(!await visible(bob, '[data-session] .remove'))
  })

  stage.test('who comes to a locked room is told what to do; once it is unlocked the same button lets in', async () => {
    await ada.click('#where-lock')
    await until('bob sees that it is locked', () => visible(bob, '#where-locked'))
    await enter(cyd, { room: 'door', name: 'cyd' })
    await refused(cyd, /locked.*unlocked, then join again/)
    await ada.click('#where-lock')
    await until('bob sees that it is open', async () => !await visible(bob, '#where-locked'))
    await cyd.click('#join')
    for (const tab of [ada, bob, cyd]) await shows(tab, 2)
  })

  stage.test('the owner is asked before somebody is made to leave, who is told why and finds the room locked', async () => {
    const button = (await tiles(ada)).find(({ text }) => text.includes('cyd of door')).session
    await ada.click(`[data-session="${button}"] .remove`)
    assert.match(await says(ada, '#remove-title'), /cyd of door/)
    await ada.click('#remove-cancel')
    await shows(cyd, 2)
    await ada.click(`[data-session="${button}"] .remove`)
    await ada.screenshot(`${artifacts}remove.png`)
    await ada.click('#remove-now')
    await refused(cyd, /made to leave/)
    for (const tab of [ada, bob]) await shows(tab, 1)
    assert.deepEqual((await cyd.observed()).connections, [])
    await enter(cyd, { room: 'door', name: 'cyd' }) // the page anew: another session
    await refused(cyd, /locked/)
  })

  stage.test('when the owner leaves, who was there longest has the lock', async () => {
    await ada.click('#hangup')
    await until('bob may unlock', () => visible(bob, '#where-lock'))
    await bob.click('#where-lock')
    await cyd.click('#join')
    for (const tab of [bob, cyd]) await connected(tab)
  })

  stage.test('who comes to a full room is told what to do', async () => {
    await ada.evaluate(() => window.turnpike.join('small', { limit: 1 }))
    await enter(bob, { room: 'small', name: 'bob' })
    await refused(bob, /full.*another room/)
  })
})
