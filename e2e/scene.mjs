// A scene is what one test file plays in: a lab, its certificates, the daemon, the browsers. It is
// built once, its browsers are kept from test to test, and it explains a failure.
import { mkdirSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Browser } from './browser/browser.mjs'
import { makeCertificates } from './ca.mjs'
import { Daemon } from './daemon.mjs'
import { Lab, OFFICE, SERVER, SERVER6 } from './lab/lab.mjs'
import { table } from './media.mjs'
import { missing } from './prerequisites.mjs'

export const artifacts = fileURLToPath(new URL('artifacts/', import.meta.url))

// scene declares the tests of a file. Needs are program names of prerequisites.mjs.
export function scene(name, needs, body) {
  const reason = missing(...needs)
  if (reason) {
    console.error(`\n  NOT RUN: ${name}: ${reason}\n`)
    test(name, { skip: reason }, () => {})
    return
  }
  describe(name, () => {
    const stage = new Scene()
    before(() => stage.open(), { timeout: 30_000 })
    after(() => stage.close(), { timeout: 60_000 })
    body(stage)
  })
}

class Scene {
  #browsers = new Map()
  #tabs = []
  #servers = []

  open() {
    mkdirSync(artifacts, { recursive: true })
    this.lab = new Lab()
    this.tls = makeCertificates(this.lab.dir, ['turn.test', 'office.test', SERVER, OFFICE, SERVER6])
  }

  async close() {
    if (!this.lab) return
    try {
      for (const starting of this.#browsers.values()) await (await starting).stop()
      for (const server of this.#servers) await server.stop()
    } finally {
      this.lab.close()
    }
  }

  // test is node's, and when it fails what everybody saw is printed. Its tabs are closed behind it.
  test(sentence, body, { timeout = 60_000 } = {}) {
    test(sentence, { timeout }, async (t) => {
      try {
        await body(t)
      } catch (err) {
        await this.#explain(sentence)
        throw err
      } finally {
        await this.#closeTabs()
      }
    })
  }

  // serve starts the daemon; config is laid over the lab's own (see daemon.mjs).
  async serve(config, options) {
    const daemon = await Daemon.start(this.lab, this.tls, config, options)
    this.#servers.push(daemon)
    return daemon
  }

  // keep lets a server of another kind end with the scene, and its log be shown; it has stop() and log.
  keep(server) {
    this.#servers.push(server)
    return server
  }

  // tab opens a page of a new person in the browser of a home ("a", "b", …). A lasting one outlives the test.
  async tab(home, { kind = 'chromium', lasting = false, ...narrow } = {}) {
    const machine = this.lab.homes[home].machine
    const key = `${home} ${kind}`
    if (!this.#browsers.has(key)) {
      this.#browsers.set(key, Browser.start(machine, kind, { dir: this.lab.dir, ca: this.tls.ca }))
    }
    const tab = await (await this.#browsers.get(key)).open(narrow)
    return this.watch(key, tab, lasting)
  }

  // watch has a tab explained with the others, and closed in the end.
  watch(who, tab, lasting = false) {
    this.#tabs.push({ who, tab, lasting })
    return tab
  }

  async #closeTabs() {
    const over = this.#tabs.filter(({ lasting }) => !lasting)
    this.#tabs = this.#tabs.filter(({ lasting }) => lasting)
    await Promise.all(over.map(({ tab }) => tab.close().catch(() => {})))
  }

  async #explain(sentence) {
    const say = (title, text) => console.error(`\n── ${title}\n${text}`)
    const file = sentence.replace(/[^a-z0-9]+/gi, '-').slice(0, 60)
    for (const { who, tab } of this.#tabs) {
      try {
        const { connections, errors } = await tab.observed()
        say(`${who}: connections`, [table(connections), ...errors.map((e) => `icecandidateerror ${e}`)].join('\n'))
      } catch (err) {
        say(`${who}: not to be asked`, err.message)
      }
      say(`${who}: console`, (await tab.lines().catch((err) => [err.message])).slice(-40).join('\n'))
      await tab.screenshot(`${artifacts}failed-${file}-${who.replace(' ', '-')}.png`).catch(() => {})
    }
    for (const server of this.#servers) say(`${server.name}: its log`, server.news())
  }
}
