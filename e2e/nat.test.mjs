// The network test page in networks that let through everything, something, or nearly nothing.
import assert from 'node:assert/strict'
import { before } from 'node:test'
import { PORT } from './daemon.mjs'
import { SERVER, SERVER6 } from './lab/lab.mjs'
import { both, finished, open, overflow, picture, run, said, show, table } from './nattest.mjs'
import { artifacts, scene } from './scene.mjs'
import { until } from './until.mjs'

scene('the network test', ['chromium', 'firefox', 'certutil', 'go'], (stage) => {
  let daemon
  before(async () => {
    daemon = await stage.serve({ http: { listen: [`https://${SERVER}:${PORT}`, `https://${SERVER}:443`, `https://[${SERVER6}]:${PORT}`] } })
  })

  for (const kind of ['chromium', 'firefox']) {
    stage.test(`${kind}: where everything gets through, calls work, and every way is measured`, async () => {
      const tab = await stage.tab('a', { kind })
      const result = await run(tab)
      assert.match(result.sentence, /^Calls work from here\. The relay over UDP takes [\d.]+ ms there and back\.$/, table(result))
      for (const id of ['stun-udp-ipv4', 'turn-udp-ipv4', 'turn-tcp-ipv4', 'turn-tls', 'ports', 'websocket', 'http']) {
        assert.equal(result.row(id)?.why.cause, 'good', `${id}\n${table(result)}`)
      }
      for (const id of ['turn-udp-ipv4', 'turn-tcp-ipv4', 'turn-tls']) {
        const { stream, there, back } = result.row(id)
        assert.ok(stream.loss < 0.02 && stream.p95 >= stream.p50 && stream.jitter >= 0, JSON.stringify(stream))
        assert.ok(there > 100_000 && back > 100_000, `${there} ${back}`)
      }
      assert.equal(result.report.nat.mapping, 'dependent', 'the home has a symmetric NAT')
      assert.match(await said(tab, '#nat-body'), /symmetric/)
      const kinds = new Set(result.report.saw.map(({ kind }) => kind))
      for (const kind of ['challenged', 'allocated', 'permitted', 'relayed']) assert.ok(kinds.has(kind), [...kinds].join())
      assert.doesNotMatch(JSON.stringify(result.report), /203\.0\.113|198\.51\.100/, 'the report shows no whole address of a person')
      for (const [size, width] of [['desktop', 1280], ['phone', 360]]) await picture(tab, `${artifacts}nat-good-${kind}-${size}.png`, width)
      await tab.resize(320, 800)
      assert.ok(await overflow(tab) <= 0, 'nothing sticks out of a narrow phone')

      await open(tab)
      await show(tab, '{"kind": "something else"}')
      await until('the page refuses it', async () => await said(tab, '#toast') === 'This file is no report of this page.')
      await show(tab, JSON.stringify(result.report))
      await until('the report is shown', async () => await said(tab, '#verdict') === result.sentence)
      assert.match(await said(tab, '#opened'), /^A report of /)
      assert.match(await said(tab, '[data-row="turn-udp-ipv4"]'), /works/)
    })

  }

  stage.test('where UDP is blocked, it says so, and that calls go through TCP', () => both(async (kind) => {
    const tab = await stage.tab('t', { kind })
    const result = await run(tab)
    assert.equal(result.sentence, 'Calls work from here. UDP to port 3478 is blocked between here and the server. Calls will go through TCP and be slower to react.', table(result))
    assert.match(result.todo, /^Let UDP to port 3478 through/)
    assert.equal(await result.why('turn-udp-ipv4'), 'UDP to port 3478 is blocked between here and the server.')
    for (const [size, width] of [['desktop', 1280], ['phone', 360]]) await picture(tab, `${artifacts}nat-udp-blocked-${kind}-${size}.png`, width)
  }))

  stage.test('where only TCP to port 443 gets out, it says that calls go through TLS there', () => both(async (kind) => {
    const result = await run(await stage.tab('w', { kind }), { port: 443 })
    assert.equal(result.sentence, 'Only TCP to port 443 leaves this network. Calls will go through TLS on that port and be slower to react.', table(result))
  }))

  stage.test('a device with a public address of its own is told so', async () => {
    stage.lab.homes.peer = { machine: stage.lab.peer }
    await both(async (kind) => {
      const result = await run(await stage.tab('peer', { kind }))
      assert.match(result.sentence, /^Calls work from here\./, table(result))
      assert.equal(result.row('stun-udp-ipv4').why.cause, 'good', table(result))
      // Who hides the device's address from the page cannot be told from a NAT that keeps the port.
      const mapping = kind === 'chromium' ? /^none$/ : /^(none|independent)$/
      assert.match(result.report.nat.mapping, mapping, JSON.stringify(result.report.nat))
    })
  })

  stage.test('where 5 % are lost each way, about 10 % are reported', async () => {
    const { router } = stage.lab.homes.a
    router.nft('add rule ip home knob meta l4proto udp numgen random mod 1000 < 50 drop')
    try {
      const result = await run(await stage.tab('a'))
      const { loss } = result.row('turn-udp-ipv4').stream
      assert.ok(loss > 0.04 && loss < 0.18, `${loss}\n${table(result)}`)
      assert.match(result.sentence, /^Calls work from here\. (\d+) % of packets are lost out and back\.$/)
    } finally {
      stage.lab.homes.a.mend()
    }
  })

  stage.test('from a network without IPv4 it takes the ways that there are', async () => {
    const result = await run(await stage.tab('s'), { host: SERVER6 })
    assert.match(result.sentence, /^Calls work from here\./, table(result))
    assert.equal(result.row('turn-udp-ipv6')?.why.cause, 'good', table(result))
    assert.equal(await result.why('turn-udp-ipv4'), 'This network has no IPv4.')
  })

  stage.test('where WebSockets do not come through, the test goes without', async () => {
    const result = await run(await stage.tab('a', { noWebSocket: true }))
    assert.match(result.sentence, /^Calls work from here\./, table(result))
    assert.match(await result.why('websocket'), /^WebSockets do not get through here\./)
    assert.equal(result.row('http').why.cause, 'good')
  })

  stage.test('a clock that is an hour ahead is named', async () => {
    const tab = await stage.tab('a')
    await open(tab)
    await tab.evaluate(() => {
      const real = Date.now
      Date.now = () => real() + 3_600_000
    })
    await tab.click('#start')
    const result = await finished(tab)
    assert.equal(result.sentence, "Calls work from here. The clock here is 1 h ahead of the server's.", table(result))
    assert.equal(result.todo, 'Set both clocks by NTP.')
  })

  stage.test('it can be cancelled, and run again', async () => {
    const tab = await stage.tab('a')
    await open(tab)
    await tab.click('#start')
    await tab.click('#cancel')
    const { sentence } = await finished(tab, { within: 5000 })
    assert.equal(sentence, 'The test was cancelled.')
    await tab.press('Enter') // the button has kept the focus
    assert.match((await finished(tab)).sentence, /^Calls work from here\./)
  })

  stage.test('a server that stops in the middle is said to have stopped', async () => {
    const tab = await stage.tab('a')
    await open(tab)
    await tab.click('#start')
    await new Promise((resolve) => setTimeout(resolve, 300))
    await daemon.stop()
    const result = await finished(tab)
    assert.match(result.sentence, /The server stopped answering in the middle\.$|^Calls do not get through from here\. The server stopped/, table(result))

    // The page is still there, and the server is not.
    await tab.click('#start')
    const down = await finished(tab)
    assert.match(down.sentence, /^The server does not answer\. The server is down, or a firewall is in front of it\.$/, table(down))
    assert.equal(down.todo, 'Start the server, and see which ports it listens on.')
  })
})
