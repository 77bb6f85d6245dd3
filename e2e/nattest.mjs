// The network test page, as people use it.
import { PORT } from './daemon.mjs'
import { until } from './until.mjs'

// open loads the page; a room makes it a test of two devices.
export async function open(tab, { scheme = 'https', host = 'turn.test', port = PORT, room } = {}) {
  const at = host.includes(':') ? `[${host}]` : host
  await tab.goto(`${scheme}://${at}:${port}/test${room ? `?${new URLSearchParams({ room })}` : ''}`)
  await until('the page is ready', () => tab.evaluate(() => document.querySelector('#start')?.textContent !== ''))
}

// run presses the button and returns what the page says in the end: { sentence, todo, report, row }.
export async function run(tab, options) {
  await open(tab, options)
  await tab.click('#start')
  return finished(tab)
}

export async function finished(tab, { within = 50_000 } = {}) {
  const report = JSON.parse(await until('the test is over', () => tab.evaluate(() => document.querySelector('#report').textContent), { within, every: 250 }))
  const [sentence, todo] = await tab.evaluate(() => ['#verdict', '#todo'].map((id) => document.querySelector(id).innerText))
  const row = (id) => report.rows.find((row) => row.id === id)
  return { sentence, todo, report, row, why: (id) => said(tab, `[data-row="${id}"] .why`) }
}

// both does the same in both browsers at once: most of a test is waiting.
export const both = (test) => Promise.all(['chromium', 'firefox'].map(test))

export const said = (tab, selector) => tab.evaluate((selector) => document.querySelector(selector)?.innerText ?? '', selector)

// show has the page open a report that somebody sent.
export const show = (tab, text) => tab.evaluate((text) => {
  const files = new DataTransfer()
  files.items.add(new File([text], 'report.json'))
  const field = document.querySelector('#open-file')
  field.files = files.files
  field.dispatchEvent(new Event('change'))
}, text)

// overflow is by how many pixels the page is wider than its window.
export const overflow = (tab) => tab.evaluate(() => document.documentElement.scrollWidth - innerWidth)

// table is what went wrong, for the one who has to find out why.
export const table = ({ sentence, report }) => [sentence, ...report.rows.map((row) =>
  [row.id, row.why?.mood, row.why?.cause, row.gathered, row.opened, row.stream?.loss, row.there, row.back, JSON.stringify(row.errors)].join(' '))].join('\n')

// picture shows the whole page at a width, as an artefact.
export async function picture(tab, file, width) {
  await tab.resize(width, 800)
  await tab.resize(width, await tab.evaluate(() => document.documentElement.scrollHeight))
  await tab.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))))
  await tab.screenshot(file)
}
