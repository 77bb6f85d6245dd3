// The test's end of a browser: Browser starts the driver in a namespace, Tab is one page of one person.
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { executables } from '../prerequisites.mjs'

const driver = fileURLToPath(new URL('driver.mjs', import.meta.url))

export class Browser {
  #waiting = new Map()
  #next = 0
  #ended = false

  // start launches kind ("chromium" or "firefox") on the machine of a home; its files live below dir.
  static async start(machine, kind, { dir, ca }) {
    const browser = new Browser()
    browser.kind = kind
    const home = join(dir, `${kind}-${machine.name}`)
    mkdirSync(home, { recursive: true })
    browser.#run(machine)
    await browser.call('launch', { kind, dir: home, ca, executable: executables[kind]() })
    return browser
  }

  #run(machine) {
    this.process = machine.spawn(process.execPath, [driver], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    let said = ''
    this.process.stderr.on('data', (text) => { said = (said + text).slice(-4000) })
    this.process.on('message', ({ id, result, error }) => {
      const { resolve, reject } = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (error === undefined) resolve(result)
      else reject(new Error(error))
    })
    this.process.on('exit', (code, signal) => {
      this.#ended = true
      for (const { reject } of this.#waiting.values()) reject(new Error(`the browser's driver ended (${code ?? signal}): ${said}`))
      this.#waiting.clear()
    })
  }

  call(method, args) {
    if (this.#ended) return Promise.reject(new Error("the browser's driver has ended"))
    const id = this.#next++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.process.send({ id, method, args })
    })
  }

  // open makes a tab of a person of its own: nothing is shared with other tabs.
  // Options narrow what the page may use: { stunOnly: true } or { transport: 'tcp' } (or udp, tls).
  async open(options = {}) {
    return new Tab(this, await this.call('open', { options }))
  }

  async stop() {
    if (this.#ended) return
    this.process.send({ method: 'end' })
    const late = setTimeout(() => this.process.kill('SIGKILL'), 10_000)
    await once(this.process, 'exit')
    clearTimeout(late)
  }
}

export class Tab {
  #browser
  #tab

  constructor(browser, tab) {
    this.#browser = browser
    this.#tab = tab
  }

  #do(method, ...args) {
    return this.#browser.call('do', { tab: this.#tab, method, args })
  }

  goto(url) { return this.#do('goto', url) }
  click(selector) { return this.#do('click', selector) }
  fill(selector, text) { return this.#do('fill', selector, text) }
  press(key) { return this.#do('press', key) }
  screenshot(path) { return this.#do('screenshot', path) }
  resize(width, height) { return this.#do('resize', width, height) }
  close() { return this.#do('close') }
  lines() { return this.#browser.call('lines', { tab: this.#tab }) }

  // evaluate runs fn in the page; what it is given and what it returns cross as JSON.
  evaluate(fn, ...args) {
    return this.#browser.call('evaluate', { tab: this.#tab, expression: `(${fn})(...${JSON.stringify(args)})` })
  }

  // observed is what getStats says of every open connection of the page.
  observed() {
    return this.evaluate(() => window.observed())
  }

  // another is a second tab of the same person.
  async another() {
    return new Tab(this.#browser, await this.#browser.call('another', { tab: this.#tab }))
  }
}
