// One process per browser, started inside the home's namespace and spoken to over IPC: it lives
// where the browser lives, so the browser's own control channel needs no way through the NAT.
import { readFileSync } from 'node:fs'
import { launchChromium } from './chromium.mjs'
import { launchFirefox } from './firefox.mjs'

const launch = { chromium: launchChromium, firefox: launchFirefox }
const observe = readFileSync(new URL('observe.js', import.meta.url), 'utf8').replace(/^\/\/.*\n/gm, '')

let browser
const tabs = []

function keep(tab) {
  return tabs.push(tab) - 1
}

const methods = {
  async launch(options) { browser = await launch[options.kind](options) },
  async open({ options }) { return keep(await browser.open(`(${observe})(${JSON.stringify(options)})`)) },
  async another({ tab }) { return keep(await tabs[tab].another()) },
  async do({ tab, method, args }) { await tabs[tab][method](...args) },
  async evaluate({ tab, expression }) { return tabs[tab].evaluate(expression) },
  async lines({ tab }) { return tabs[tab].lines },
}

async function end() {
  await browser?.close().catch(() => {})
  process.exit()
}

process.on('message', async ({ id, method, args }) => {
  if (method === 'end') return end()
  try {
    process.send({ id, result: await methods[method](args) })
  } catch (err) {
    process.send({ id, error: err.message })
  }
})

// The test is gone: so are we.
process.on('disconnect', end)
