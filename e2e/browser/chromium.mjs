// Chromium, by playwright-core.
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { openTab } from './tab.mjs'
import { trust } from './trust.mjs'

const library = {
  prepare: (page, script) => page.addInitScript(script),
  verbs: (page) => ({
    click: (selector) => page.click(selector, { timeout: 5000 }),
    fill: (selector, text) => page.fill(selector, text, { timeout: 5000 }),
    resize: (width, height) => page.setViewportSize({ width, height }),
  }),
}

export async function launchChromium({ executable, dir, ca }) {
  trust(join(dir, '.pki', 'nssdb'), ca)
  const browser = await chromium.launch({
    executablePath: executable,
    env: { ...process.env, HOME: dir },
    args: [
      '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update',
      '--use-fake-device-for-media-stream=device-count=3', '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required',
    ],
  })
  return {
    open: async (script) => openTab(await browser.newContext({ viewport: { width: 1280, height: 800 } }), script, library),
    close: () => browser.close(),
  }
}
