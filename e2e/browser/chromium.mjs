// Chromium, by playwright-core.
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

export async function launchChromium({ executable, dir, ca }) {
  // Chromium trusts what the user's own NSS database trusts.
  const database = join(dir, '.pki', 'nssdb')
  mkdirSync(database, { recursive: true })
  execFileSync('certutil', ['-N', '-d', `sql:${database}`, '--empty-password'])
  execFileSync('certutil', ['-A', '-d', `sql:${database}`, '-n', 'lab', '-t', 'C,,', '-i', ca])

  const browser = await chromium.launch({
    executablePath: executable,
    env: { ...process.env, HOME: dir },
    args: [
      '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update',
      '--use-fake-device-for-media-stream=device-count=3', '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required',
    ],
  })

  return {
    async open(script) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
      return tab(context, await context.newPage(), script)
    },
    close: () => browser.close(),
  }
}

async function tab(context, page, script) {
  const lines = []
  page.on('console', (message) => lines.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (err) => lines.push(`uncaught: ${err.message}`))
  await page.addInitScript(script)
  return {
    lines,
    goto: (url) => page.goto(url),
    evaluate: (expression) => page.evaluate(expression),
    click: (selector) => page.click(selector, { timeout: 5000 }),
    fill: (selector, text) => page.fill(selector, text, { timeout: 5000 }),
    press: (key) => page.keyboard.press(key),
    screenshot: (path) => page.screenshot({ path }),
    resize: (width, height) => page.setViewportSize({ width, height }),
    // another is a second tab of the same person: same storage.
    another: async () => tab(context, await context.newPage(), script),
    close: () => page.close(),
  }
}
