// A tab as the driver sees it: what playwright and puppeteer have in common, and what each adds.

const KEPT = 500

// openTab opens a page in a context (a person's storage). The script runs before the page's own.
// Library: { prepare(page, script), verbs(page) }.
export async function openTab(context, script, library) {
  const page = await context.newPage()
  const lines = []
  const note = (line) => {
    lines.push(line)
    if (lines.length > KEPT) lines.shift()
  }
  page.on('console', (message) => note(`${message.type()}: ${message.text()}`))
  page.on('pageerror', (err) => note(`uncaught: ${err.message}`))
  await library.prepare(page, script)
  return {
    lines,
    goto: (url) => page.goto(url),
    evaluate: (expression) => page.evaluate(expression),
    press: (key) => page.keyboard.press(key),
    screenshot: (path) => page.screenshot({ path }),
    close: () => page.close(),
    ...library.verbs(page),
    another: () => openTab(context, script, library),
  }
}
