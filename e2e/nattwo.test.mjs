// The network test page on two devices at once, in two networks.
import assert from 'node:assert/strict'
import { before } from 'node:test'
import { PORT } from './daemon.mjs'
import { SERVER, SERVER6 } from './lab/lab.mjs'
import { finished, open, picture, said, show, table } from './nattest.mjs'
import { artifacts, scene } from './scene.mjs'
import { until } from './until.mjs'

scene('the network test with two devices', ['chromium', 'firefox', 'certutil', 'go'], (stage) => {
  before(() => stage.serve({ http: { listen: [`https://${SERVER}:${PORT}`, `https://[${SERVER6}]:${PORT}`] } }))

  // together has two devices in one room; the button is pressed on the first alone.
  async function together(room, tabs, hosts = ['turn.test', 'turn.test']) {
    for (const [i, tab] of tabs.entries()) await open(tab, { room, host: hosts[i] })
    for (const tab of tabs) await until('the other device is here', async () => await said(tab, '#two-state') === 'The other device is here.')
    await tabs[0].click('#start')
    return Promise.all(tabs.map((tab) => finished(tab, { within: 90_000 })))
  }

  const ways = ({ report }) => Object.fromEntries(report.two.ways.map(({ kind, mine, theirs }) => [kind, { mine, theirs }]))

  stage.test('symmetric against symmetric: only the relay helps, and both say so', async () => {
    const tabs = [await stage.tab('a'), await stage.tab('b', { kind: 'firefox' })]
    const results = await together('quiet-amber-otter-natnatnat1', tabs)
    for (const [i, result] of results.entries()) {
      assert.equal(result.sentence, 'The two devices reach each other through the relay over UDP.', table(result))
      assert.equal(result.todo, 'Both NATs have another port for each destination (symmetric): only the relay helps.')
      const { host, reflexive, all, ...relays } = ways(result)
      for (const way of [host, reflexive]) assert.deepEqual([way.mine.connected, way.theirs.connected], [false, false])
      for (const [kind, { mine, theirs }] of Object.entries(relays)) {
        for (const side of [mine, theirs]) assert.ok(side.connected && side.pair === 'relay/relay' && side.loss < 0.05 && side.rtt >= 0 && side.rate > 0, `${kind} ${JSON.stringify(side)}`)
      }
      assert.equal(all.mine.path, 'relayed')
      assert.match(await said(tabs[i], '[data-way="all"] .why'), /^A call would go through the relay over UDP\.$/)
      assert.match(result.report.two.other.verdict.sentence, /^Calls work from here\./)
      assert.doesNotMatch(JSON.stringify(result.report), /203\.0\.113|198\.51\.100/)
    }
    for (const [size, width] of [['desktop', 1280], ['phone', 360]]) await picture(tabs[0], `${artifacts}nat-two-${size}.png`, width)

    await open(tabs[0])
    await show(tabs[0], JSON.stringify(results[0].report))
    await until('the report of both is shown', async () => await said(tabs[0], '#verdict') === results[0].sentence)
    assert.match(await said(tabs[0], '[data-way="relay-udp"]'), /connects/)
  }, { timeout: 120_000 })

  stage.test('a device that has only IPv6 and one that has only IPv4 meet at the relay', async () => {
    const tabs = [await stage.tab('s'), await stage.tab('b')]
    const results = await together('quiet-amber-otter-natnatnat2', tabs, [SERVER6, 'turn.test'])
    for (const [i, result] of results.entries()) {
      assert.match(result.sentence, /^The two devices reach each other through the relay/, table(result))
      const [mine, theirs] = i === 0 ? ['IPv6', 'IPv4'] : ['IPv4', 'IPv6']
      assert.equal(await said(tabs[i], '[data-way="reflexive"] .why'), `This device has only ${mine}, the other only ${theirs}: they need the relay.`)
    }
  }, { timeout: 120_000 })
})
