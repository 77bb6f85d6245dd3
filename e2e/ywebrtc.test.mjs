// The npm package y-webrtc, unchanged, in a page of another origin, behind symmetric NATs: /y-webrtc and the relay.
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { before } from 'node:test'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { PORT } from './daemon.mjs'
import { SERVER } from './lab/lab.mjs'
import { throughRelay } from './media.mjs'
import { startPages } from './pages.mjs'
import { scene } from './scene.mjs'
import { until } from './until.mjs'

const PAGES = 8444

const script = `
import * as Y from 'yjs'
import { WebrtcProvider } from 'y-webrtc'
window.open = async (name, password) => {
  const config = await (await fetch('https://${SERVER}:${PORT}/v1/ice')).json()
  const doc = new Y.Doc()
  window.words = doc.getArray('words')
  window.provider = new WebrtcProvider(name, doc, { signaling: ['wss://${SERVER}:${PORT}/y-webrtc'], password, peerOpts: { config } })
}`

scene('y-webrtc', ['chromium', 'certutil', 'go'], (stage) => {
  let daemon
  before(async () => {
    daemon = await stage.serve({ http: { origins: [`https://${SERVER}:${PAGES}`] } })
    const dir = join(stage.lab.dir, 'pages')
    mkdirSync(dir)
    await build({
      stdin: { contents: script, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
      bundle: true, format: 'iife', define: { global: 'window' }, outfile: join(dir, 'page.js'), logLevel: 'error',
    })
    writeFileSync(join(dir, 'index.html'), '<!doctype html><title>y-webrtc</title><script src="page.js"></script>')
    stage.keep(await startPages(stage.lab.server, dir, PAGES, stage.tls))
  }, { timeout: 60_000 })

  async function open(home, name, password) {
    const tab = await stage.tab(home)
    await tab.goto(`https://${SERVER}:${PAGES}/index.html`)
    await tab.evaluate((name, password) => window.open(name, password), name, password)
    return tab
  }

  const words = (tab, wanted) => until(`the words ${wanted}`, async () => {
    const all = await tab.evaluate(() => window.words.toArray())
    if (`${[...all].sort()}` !== `${wanted}`) throw new Error(all.join())
    return true
  }, { within: 20_000 })

  for (const password of [null, 'a secret that the server does not know']) {
    stage.test(`two documents become one through the relay, ${password ? 'with a password' : 'without'}`, async () => {
      const name = `document ${password ? 2 : 1}`
      const [ada, bob] = [await open('a', name, password), await open('b', name, password)]
      const eve = await open('c', 'another document', password)
      await ada.evaluate(() => window.words.push(['from ada']))
      await bob.evaluate(() => window.words.push(['from bob']))
      for (const tab of [ada, bob]) {
        await words(tab, ['from ada', 'from bob'])
        const { connections } = await tab.observed()
        assert.equal(connections.length, 1)
        assert.ok(throughRelay(connections[0]), JSON.stringify(connections[0]))
      }
      await words(eve, [])
      assert.equal((await eve.observed()).connections.length, 0, 'a stranger has nobody to connect to')
      assert.ok(!daemon.log.includes('document'), 'topics are not logged')
    })
  }
})
