// The npm package peerjs, unchanged, in a page of another origin, behind symmetric NATs: /peerjs and the relay.
import assert from 'node:assert/strict'
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { before } from 'node:test'
import { PORT } from './daemon.mjs'
import { SERVER } from './lab/lab.mjs'
import { connected, throughRelay } from './media.mjs'
import { startPages } from './pages.mjs'
import { scene } from './scene.mjs'
import { until } from './until.mjs'

const PAGES = 8444
const client = createRequire(import.meta.url).resolve('peerjs/dist/peerjs.min.js')

// The page of the documentation; what it hears is in `heard`.
const page = `<!doctype html><title>peerjs</title><script src="peerjs.min.js"></script><script type="module">
  const server = 'https://${SERVER}:${PORT}'
  window.heard = []
  const watch = (what, object, ...events) => {
    for (const event of events) object.on(event, (value) => heard.push([what, event, value?.type ?? (typeof value === 'string' ? value : '')].join(' ').trim()))
  }
  const picture = () => {
    const canvas = document.createElement('canvas')
    const context = canvas.getContext('2d')
    setInterval(() => { context.fillStyle = 'hsl(' + Date.now() / 10 % 360 + ' 80% 50%)'; context.fillRect(Math.random() * 250, Math.random() * 100, 60, 60) }, 50)
    return canvas.captureStream(20)
  }
  const play = (call) => call.on('stream', (stream) => {
    const video = Object.assign(document.createElement('video'), { muted: true, srcObject: stream })
    document.body.append(video)
    video.play()
  })
  window.begin = async (id, options = {}) => {
    const peer = window.peer = new Peer(id, {
      host: '${SERVER}', port: ${PORT}, path: '/peerjs', secure: true,
      config: await (await fetch(server + '/v1/ice')).json(), ...options,
    })
    watch('peer', peer, 'open', 'disconnected', 'error')
    peer.on('connection', (data) => data.on('data', (text) => { heard.push(text); data.send('you said ' + text) }))
    peer.on('call', (call) => { play(call); call.answer(picture()) })
  }
  window.say = (id, text) => {
    const data = peer.connect(id, { reliable: true, metadata: { any: 'thing' } })
    data.on('open', () => data.send(text))
    data.on('data', (text) => heard.push(text))
  }
  window.ring = (id) => { play(peer.call(id, picture())) }
</script>`

scene('peerjs', ['chromium', 'firefox', 'certutil', 'go'], (stage) => {
  before(async () => {
    await stage.serve({ http: { origins: [`https://${SERVER}:${PAGES}`] } })
    const dir = join(stage.lab.dir, 'pages')
    mkdirSync(dir)
    copyFileSync(client, join(dir, 'peerjs.min.js'))
    writeFileSync(join(dir, 'index.html'), page)
    stage.keep(await startPages(stage.lab.server, dir, PAGES, stage.tls))
  })

  const heard = (tab, what, options) => until(`${what} is heard`, async () => {
    const all = await tab.evaluate(() => window.heard)
    if (!all.some((line) => line.startsWith(what))) throw new Error(all.join(', '))
    return all
  }, options)

  // peer opens a page at a home, and a Peer in it; without an id the server chooses one.
  async function peer(home, id, kind = 'chromium', options = {}) {
    const tab = await stage.tab(home, { kind })
    await open(tab, id, options)
    return tab
  }

  async function open(tab, id, options = {}) {
    await tab.goto(`https://${SERVER}:${PAGES}/index.html`)
    await tab.evaluate((id, options) => window.begin(id, options), id, options)
    return heard(tab, 'peer ')
  }

  for (const [caller, callee] of [['chromium', 'firefox'], ['firefox', 'chromium']]) {
    stage.test(`${caller} calls ${callee}: data and video through the relay`, async () => {
      const ada = await peer('a', undefined, caller)
      const bob = await peer('b', `bob-${caller}`, callee)
      assert.match((await heard(ada, 'peer open'))[0], /^peer open [0-9a-f-]{36}$/)

      await ada.evaluate((id) => window.say(id, 'hello'), `bob-${caller}`)
      await heard(bob, 'hello')
      await heard(ada, 'you said hello')
      for (const tab of [ada, bob]) {
        const [connection] = await until('a chosen path', async () => {
          const { connections } = await tab.observed()
          return connections.length === 1 && connections[0].local && connections[0].remote && connections
        })
        assert.ok(throughRelay(connection), JSON.stringify(connection))
      }
      await ada.evaluate(() => Object.values(window.peer.connections).flat().forEach((connection) => connection.close()))
      for (const tab of [ada, bob]) await until('it is closed on both sides', async () => (await tab.observed()).connections.length === 0)

      await ada.evaluate((id) => window.ring(id), `bob-${caller}`)
      for (const tab of [ada, bob]) {
        for (const connection of await connected(tab)) assert.ok(throughRelay(connection), JSON.stringify(connection))
      }
    }, { timeout: 90_000 })
  }

  stage.test('a peer connects again with the same id, and is called', async () => {
    const [ada, bob] = [await peer('a', 'ada'), await peer('b', 'bob')]
    for (const lose of ['peer.disconnect()', 'peer.socket._socket.onclose = null; peer.socket._cleanup = () => {}; peer.disconnect()']) {
      // The second keeps the old connection: to the server it is not over yet.
      await bob.evaluate((lose) => { new Function(lose)(); window.heard.length = 0 }, lose)
      await bob.evaluate(() => { window.peer.socket._socket = undefined; window.peer.reconnect() })
      assert.deepEqual(await heard(bob, 'peer open'), ['peer open bob'])
    }
    await ada.evaluate(() => window.say('bob', 'again'))
    await heard(ada, 'you said again')
  })

  for (const kind of ['chromium', 'firefox']) {
    stage.test(`${kind}: an id is taken while its page is there, and free once it is loaded anew`, async () => {
      const id = `of-${kind}`
      const [ada, thief] = [await stage.tab('a', { kind }), await stage.tab('b')]
      assert.equal((await open(ada, id))[0], `peer open ${id}`)
      assert.equal((await open(thief, id))[0], 'peer error unavailable-id')
      assert.equal((await open(ada, id))[0], `peer open ${id}`)
      await ada.evaluate(() => window.peer.disconnect())
      assert.equal((await open(thief, id))[0], 'peer error unavailable-id', 'it is held for who may come back')
    })
  }

  stage.test('nobody there, no list of peers', async () => {
    const ada = await peer('a', 'ada')
    const began = Date.now()
    await ada.evaluate(() => window.say('nobody', 'hello'))
    await heard(ada, 'peer error peer-unavailable')
    assert.ok(Date.now() - began >= 5000, 'a peer has five seconds to come')
    await ada.evaluate(() => window.peer.listAllPeers((list) => window.heard.push(`list ${list}`)))
    const all = await heard(ada, 'peer error server-error')
    assert.ok(!all.some((line) => line.startsWith('list')), all.join(', '))
  })
})
