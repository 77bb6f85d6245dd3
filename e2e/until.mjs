// until asks again and again, until the answer is truthy, and returns it. After `within` milliseconds
// it throws, saying what it waited for and what the last answer or error was.
export async function until(what, ask, { within = 15_000, every = 200 } = {}) {
  const started = Date.now()
  let last
  do {
    try {
      last = await ask()
      if (last) return last
    } catch (err) {
      last = err.message
    }
    await new Promise((resolve) => setTimeout(resolve, every))
  } while (Date.now() - started < within)
  throw new Error(`not within ${within / 1000} s: ${what} (last: ${JSON.stringify(last)})`)
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
