// The examples as their README says to run them: from a web server of another origin, with a daemon on loopback. No
// namespaces: both are on an address of their own, 127.0.0.9, which browsers trust as they trust localhost.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join, normalize } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Browser } from './browser/browser.mjs'
import { makeCertificates } from './ca.mjs'
import { binary } from './daemon.mjs'
import { table } from './media.mjs'
import { absent } from './prerequisites.mjs'
import { Server } from './server.mjs'

const ADDRESS = '127.0.0.9'
const [PORT, PAGES, STRANGERS, TURN] = [18080, 19000, 19001, 13478]
const folder = fileURLToPath(new URL('../examples/', import.meta.url))
const artifacts = fileURLToPath(new URL('artifacts/', import.meta.url))
const types = { html: 'text/html', css: 'text/css', js: 'text/javascript' }

// here is this machine as it is; the lab's have the same verb.
const here = { name: 'here', spawn: (command, args, options) => spawn(command, args, options) }

// moved puts the addresses of this test in the place of those of the README.
const moved = (text) => text.replaceAll('http://localhost:8080', `http://${ADDRESS}:${PORT}`).replaceAll('http://localhost:9000', `http://${ADDRESS}:${PAGES}`)

export function examples(name, body) {
  const reason = absent('chromium', 'firefox', 'certutil', 'openssl', 'go')
  if (reason) {
    console.error(`\n  NOT RUN: ${name}: ${reason}\n`)
    test(name, { skip: reason }, () => {})
    return
  }
  describe(name, () => {
    const stage = new Stage()
    before(() => stage.open(), { timeout: 90_000 })
    after(() => stage.close(), { timeout: 30_000 })
    body(stage)
  })
}

class Stage {
  #browsers = new Map()
  #tabs = []
  #servers = []
  daemonAddress = `http://${ADDRESS}:${PORT}`

  async open() {
    mkdirSync(artifacts, { recursive: true })
    this.dir = mkdtempSync(join(tmpdir(), 'turnpike-examples-'))
    this.ca = makeCertificates(this.dir, ['turn.test']).ca // the browsers are started as everywhere; nothing here is https
    const file = join(this.dir, 'turnpike.yml')
    const turn = `turn:\n  listen: ["udp://:${TURN}", "tcp://:${TURN}"]\nstun: {alternate_port: 0}\n`
    writeFileSync(file, moved(readFileSync(join(folder, 'turnpike.yml'), 'utf8')) + turn, { mode: 0o600 })
    this.daemon = new Server('turnpike', here, binary(), ['serve', '-config', file])
    await this.daemon.listening(PORT)
    for (const port of [PAGES, STRANGERS]) {
      const server = createServer(serve).listen(port, ADDRESS)
      this.#servers.push(server)
      await once(server, 'listening')
    }
  }

  async close() {
    for (const starting of this.#browsers.values()) await (await starting).stop()
    for (const server of this.#servers) server.close()
    await this.daemon?.stop()
    if (this.dir) rmSync(this.dir, { recursive: true, force: true })
  }

  // tab opens an example, in a browser kind, in a room: a new person's storage each time.
  async tab(page, kind = 'chromium', room = '') {
    if (!this.#browsers.has(kind)) this.#browsers.set(kind, Browser.start(here, kind, { dir: this.dir, ca: this.ca }))
    const tab = await (await this.#browsers.get(kind)).open()
    this.#tabs.push({ who: kind, tab })
    await tab.goto(this.address(page) + (room && `#${room}`))
    return tab
  }

  address(page) { return `http://${ADDRESS}:${PAGES}/${page}` }

  // strange is the same page from an origin that the daemon was not told of.
  strange(page) { return `http://${ADDRESS}:${STRANGERS}/${page}` }

  // test is node's; when it fails, what every page saw is printed. Its tabs are closed behind it.
  test(sentence, body, { timeout = 60_000 } = {}) {
    test(sentence, { timeout }, async (t) => {
      try {
        await body(t)
      } catch (err) {
        for (const { who, tab } of this.#tabs) await explain(who, tab)
        console.error(`\n── turnpike: its log\n${this.daemon.news()}`)
        throw err
      } finally {
        await Promise.all(this.#tabs.splice(0).map(({ tab }) => tab.close().catch(() => {})))
      }
    })
  }
}

async function explain(who, tab) {
  const { connections, errors } = await tab.observed().catch((err) => ({ connections: [], errors: [err.message] }))
  const lines = await tab.lines().catch((err) => [err.message])
  const text = await tab.evaluate(() => document.body.innerText).catch((err) => err.message)
  console.error(`\n── ${who}\n${table(connections)}\n${[...errors, ...lines].join('\n')}\n${text}`)
}

// serve does what `python3 -m http.server -d examples` does.
function serve(request, response) {
  const path = normalize(new URL(request.url, 'http://examples').pathname)
  try {
    const body = moved(readFileSync(join(folder, path === '/' ? 'index.html' : path), 'utf8'))
    response.writeHead(200, { 'Content-Type': types[path.split('.').pop()] ?? 'text/html' }).end(body)
  } catch {
    response.writeHead(404).end()
  }
}
