// Firefox as its maker built it, by puppeteer-core over WebDriver BiDi.
import { join } from 'node:path'
import puppeteer from 'puppeteer-core'
import { openTab } from './tab.mjs'
import { trust } from './trust.mjs'

const library = {
  async prepare(page, script) {
    await page.setViewport({ width: 1280, height: 800 })
    await page.evaluateOnNewDocument(script)
  },
  verbs: (page) => ({
    click: (selector) => page.locator(selector).setTimeout(5000).click(),
    fill: (selector, text) => page.locator(selector).setTimeout(5000).fill(text),
    resize: (width, height) => page.setViewport({ width, height }),
  }),
}

export async function launchFirefox({ executable, dir, ca }) {
  const profile = join(dir, 'profile')
  trust(profile, ca)
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
    open: async (script) => openTab(await browser.createBrowserContext(), script, library),
    close: () => browser.close(),
  }
}
