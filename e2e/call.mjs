// The daemon's own page, as people use it.
import { PORT } from './daemon.mjs'
import { until } from './until.mjs'

// enter opens a room by link and presses the join button. relay: nothing but the relay may be used.
// A name belongs to the browser that had it first; so in each room people go by another one.
export async function enter(tab, { room, name, ...rest }) {
  await open(tab, { room, name: `${name} of ${room}`, ...rest })
  await tab.click('#join')
}

// open opens the page by link and leaves it at that: whoever is here can be called by name.
export async function open(tab, { host = 'turn.test', port = PORT, relay = false, ...query }) {
  await tab.goto(`https://${host}:${port}/?${new URLSearchParams({ ...query, ...(relay ? { relay: '1' } : {}) })}`)
}

// placeCall calls a person by name.
export async function placeCall(tab, name) {
  if (!await visible(tab, '#callee')) await tab.click('#by-name summary')
  await tab.fill('#callee', name)
  await tab.click('#place')
}

// tiles are the others that the page shows: [{ session, text }].
export const tiles = (tab) => tab.evaluate(() =>
  [...document.querySelectorAll('[data-session]')].map((tile) => ({ session: tile.dataset.session, text: tile.innerText })))

export const shows = (tab, count, { within = 15_000 } = {}) =>
  until(`the page shows ${count} other(s)`, async () => {
    const seen = await tiles(tab)
    if (seen.length !== count) throw new Error(JSON.stringify(seen))
    return seen.length === count
  }, { within })

// control presses a button of the bar: mic, camera, screen, devices, chat.
export const control = (tab, name) => tab.click(`#bar [data-control="${name}"]`)

// visible says if the first element that matches is there and can be seen.
export const visible = (tab, selector) => tab.evaluate((selector) =>
  document.querySelector(selector)?.checkVisibility({ checkVisibilityCSS: true }) ?? false, selector)

// says is the text of the first element that matches.
export const says = (tab, selector) => tab.evaluate((selector) => document.querySelector(selector)?.innerText ?? '', selector)

// picture is what the only tile shows: camera, screen or none.
export const picture = (tab) => tab.evaluate(() => document.querySelector('[data-session]')?.dataset.picture)

// fit is how large the page is, which of its buttons stick out of the window, and which have words that do not fit.
export const fit = (tab) => tab.evaluate(() => {
  const { scrollWidth, scrollHeight } = document.documentElement
  const buttons = [...document.querySelectorAll('button')].filter((button) => button.checkVisibility())
  const outside = buttons.filter((button) => {
    const { left, right, top, bottom } = button.getBoundingClientRect()
    return left < 0 || top < 0 || right > innerWidth || bottom > innerHeight
  })
  const cut = buttons.filter((button) => button.scrollWidth > button.offsetWidth)
  const names = (list) => list.map((button) => button.dataset.control ?? (button.id || button.className))
  return { page: [scrollWidth, scrollHeight], outside: names(outside), cut: names(cut) }
})
