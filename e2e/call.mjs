// The daemon's own page, as people use it.
import { PORT } from './daemon.mjs'
import { until } from './until.mjs'

// enter opens a room by link and presses the join button. relay: nothing but the relay may be used.
// A name belongs to the browser that had it first; so in each room people go by another one.
export async function enter(tab, { host = 'turn.test', room, name, relay = false }) {
  const query = new URLSearchParams({ room, name: `${name} of ${room}`, ...(relay ? { relay: '1' } : {}) })
  await tab.goto(`https://${host}:${PORT}/?${query}`)
  await tab.click('#join')
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
