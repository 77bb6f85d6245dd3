// What getStats says of a page's connections.
import { until } from './until.mjs'

// connected waits until the page has exactly count connections and all of them carry video that is
// decoded here and now, and returns them.
export async function connected(tab, { count = 1, within = 20_000 } = {}) {
  return until(`${count} connection(s) with growing video`, async () => {
    const before = (await tab.observed()).connections
    if (before.length !== count || !before.every((c) => c.connection === 'connected')) throw new Error(table(before))
    await new Promise((resolve) => setTimeout(resolve, 700))
    const after = (await tab.observed()).connections
    const grew = after.length === count && after.every((c, i) => c.frames > before[i].frames + 3 && c.local && c.remote)
    if (!grew) throw new Error(table(after))
    return after
  }, { within })
}

// total adds up one figure ("frames", "loudness") over all connections of a page.
export async function total(tab, figure) {
  return (await tab.observed()).connections.reduce((sum, connection) => sum + connection[figure], 0)
}

// path is the selected pair in two words: "relay/relay".
export const path = ({ local, remote }) => `${local?.type}/${remote?.type}`

// throughRelay says if either end of the selected pair is a relay.
export const throughRelay = (connection) => path(connection).split('/').includes('relay')

// table shows connections with their candidates, for the one who has to find out what went wrong.
export function table(connections) {
  return connections.map((c, i) => [
    `connection ${i}: ${c.connection}, ice ${c.ice}, ${path(c)} (${c.local?.relayProtocol ?? c.local?.protocol}), frames ${c.frames}`,
    ...c.candidates.map((x) => `    ${x.side.padEnd(7)}${String(x.type).padEnd(7)}${String(x.protocol).padEnd(5)}${String(x.relayProtocol ?? '').padEnd(5)}${x.address}`),
    `    ${c.history.join(', ')}`,
  ].join('\n')).join('\n') || 'no connection'
}
