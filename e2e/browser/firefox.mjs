// Firefox as its maker built it, by puppeteer-core over WebDriver BiDi.
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import puppeteer from 'puppeteer-core'

export async function launchFirefox({ executable, dir, ca }) {
  const profile = join(dir, 'profile')
  mkdirSync(profile, { recursive: true })
  execFileSync('certutil', ['-N', '-d', `sql:${profile}`, '--empty-password'])
  execFileSync('certutil', ['-A', '-d', `sql:${profile}`, '-n', 'lab', '-t', 'C,,', '-i', ca])

  const browser = await puppeteer.launch({
    browser: 'firefox',
    executablePath: executable,
    headless: true,
    userDataDir: profile,
    env: { ...process.env, HOME: dir, MOZ_CRASHREPORTER_DISABLE: '1' },
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'media.autoplay.default': 0,
      'network.captive-portal-service.enabled': false,
      'network.connectivity-service.enabled': false,
    },
  })

  return {
    async open(script) {
      const context = await browser.createBrowserContext()
      return tab(context, await context.newPage(), script)
    },
    close: () => browser.close(),
  }
}

async function tab(context, page, script) {
  const lines = []
  page.on('console', (message) => lines.push(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (err) => lines.push(`uncaught: ${err.message}`))
  await page.setViewport({ width: 1280, height: 800 })
  await page.evaluateOnNewDocument(script)
  return {
    lines,
    goto: (url) => page.goto(url),
    evaluate: (expression) => page.evaluate(expression),
    click: (selector) => page.locator(selector).setTimeout(5000).click(),
    fill: (selector, text) => page.locator(selector).setTimeout(5000).fill(text),
    press: (key) => page.keyboard.press(key),
    screenshot: (path) => page.screenshot({ path }),
    resize: (width, height) => page.setViewport({ width, height }),
    another: async () => tab(context, await context.newPage(), script),
    close: () => page.close(),
  }
}
