// The lab proves itself first, with coturn as the relay: if these fail, no other test means anything.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { before } from 'node:test'
import { fileURLToPath } from 'node:url'
import { bareCall, states } from './bare.mjs'
import { startRelay } from './coturn.mjs'
import { credentials } from './credentials.mjs'
import { SECRET } from './daemon.mjs'
import { OFFICE, PEER, SERVER } from './lab/lab.mjs'
import { connected, path } from './media.mjs'
import { scene } from './scene.mjs'
import { pause } from './until.mjs'

const node = process.execPath
const udp = fileURLToPath(new URL('lab/udp.mjs', import.meta.url))

const configuration = (policy) => ({
  iceTransportPolicy: policy,
  iceServers: [{ urls: [`turn:${SERVER}:3478?transport=udp`], ...credentials(SECRET, 'lab') }],
})

scene('the lab', ['chromium', 'firefox', 'certutil', 'turnserver'], (stage) => {
  async function echo(machine, address, ...ports) {
    const { stdout } = machine.spawn(node, [udp, 'echo', address, ...ports], { stdio: ['ignore', 'pipe', 'inherit'] })
    await once(stdout, 'data')
  }
  async function ask(machine, address, ...ports) {
    const { text } = await machine.output(node, [udp, 'ask', address, ...ports])
    return JSON.parse(text)
  }

  before(async () => {
    await echo(stage.lab.peer, PEER, '4000', '4001')
    await echo(stage.lab.homes.office.machine, stage.lab.homes.office.address, '4000')
    stage.keep(await startRelay(stage.lab))
  })

  for (const name of ['a', 'b', 'c']) {
    stage.test(`home ${name} shows every destination another port`, async () => {
      const home = stage.lab.homes[name]
      const seen = await ask(home.machine, PEER, '4000', '4001')
      assert.ok(seen.every((address) => address?.startsWith(`${home.wan}:`)), `seen as ${seen}`)
      assert.notEqual(seen[0], seen[1])
    })
  }

  stage.test('a rebound home is seen from another port', async () => {
    const { machine } = stage.lab.homes.a
    const client = machine.spawn(node, ['-e', `
      const socket = require('dgram').createSocket('udp4')
      socket.on('message', (text) => console.log(String(text)))
      setInterval(() => socket.send('?', 4000, '${PEER}'), 100)`], { stdio: ['ignore', 'pipe', 'inherit'] })
    const seen = new Set()
    client.stdout.on('data', (text) => String(text).trim().split('\n').forEach((address) => seen.add(address)))
    await pause(500)
    assert.equal(seen.size, 1)
    stage.lab.homes.a.rebind()
    await pause(500)
    client.kill()
    assert.equal(seen.size, 2)
  })

  stage.test('home t has TCP, and no UDP', async () => {
    const { machine } = stage.lab.homes.t
    assert.deepEqual(await ask(machine, PEER, '4000', '4001'), [null, null])
    const { code, text } = await machine.output(node, ['-e', `require('net').connect(3478, '${SERVER}', () => process.exit())`])
    assert.equal(code, 0, text)
  })

  stage.test('the office is reached at its public address, but not from inside', async () => {
    const { office, a } = stage.lab.homes
    assert.match((await ask(a.machine, OFFICE, '4000'))[0], /^203\.0\.113\.101:/)
    assert.equal(office.hairpins(), 0)
    assert.deepEqual(await ask(office.machine, OFFICE, '4000'), [null])
    assert.equal(office.hairpins(), 1)
  })

  stage.test('a home that is cut off hears nothing until it is mended', async () => {
    const { a } = stage.lab.homes
    a.cut()
    assert.deepEqual(await ask(a.machine, PEER, '4000'), [null])
    a.mend()
    assert.notDeepEqual(await ask(a.machine, PEER, '4000'), [null])
  })

  stage.test('Chromium and Firefox in symmetric homes reach each other through a relay', async () => {
    const tabs = [await stage.tab('a'), await stage.tab('b', { kind: 'firefox' })]
    await bareCall(...tabs, configuration('relay'))
    for (const tab of tabs) assert.equal(path((await connected(tab))[0]), 'relay/relay')
  })

  stage.test('without a relay they do not', async () => {
    const tabs = [await stage.tab('a', { stunOnly: true }), await stage.tab('b', { kind: 'firefox', stunOnly: true })]
    await bareCall(...tabs, configuration('all'))
    await pause(5000)
    for (const state of await states(tabs)) assert.notEqual(state, 'connected')
  })
})
