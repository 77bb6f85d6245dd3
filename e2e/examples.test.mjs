// Every example does what it says, in real browsers.
import assert from 'node:assert/strict'
import { says, visible } from './call.mjs'
import { examples } from './examples.mjs'
import { connected } from './media.mjs'
import { pause, until } from './until.mjs'

// reads waits until what an element says is as wanted.
const reads = (tab, selector, wanted, options) => until(`${selector} says ${wanted}`, async () => {
  const said = await says(tab, selector)
  if (!wanted.test(said)) throw new Error(said)
  return said
}, options)

examples('the examples', (stage) => {
  stage.test('call.html: two who open the same link see each other (Chromium, Firefox)', async () => {
    const people = [await stage.tab('call.html', 'chromium', 'call'), await stage.tab('call.html', 'firefox', 'call')]
    for (const tab of people) await tab.click('#join')
    for (const tab of people) await connected(tab, { within: 30_000 })
    for (const tab of people) {
      await until('the other picture plays', () => tab.evaluate(() => document.querySelectorAll('video')[1]?.videoWidth > 0))
      await reads(tab, '#status', /^The other is connected\.$/)
    }
  }, { timeout: 90_000 })

  stage.test('call.html: without a room in the link it makes one', async () => {
    const tab = await stage.tab('call.html')
    await until('a room', () => tab.evaluate(() => /^#[a-z]+-[a-z]+-[a-z]+-[0-9a-z]{22}$/.test(location.hash)))
    assert.equal(await tab.evaluate(() => document.querySelector('#link').href), await tab.evaluate(() => location.href))
  })

  stage.test('room.html: another camera, a mute and a screen reach the other side', async () => {
    const [ada, bob] = [await stage.tab('room.html', 'chromium', 'devices'), await stage.tab('room.html', 'chromium', 'devices')]
    for (const tab of [ada, bob]) await tab.click('#join')
    for (const tab of [ada, bob]) await connected(tab)
    await reads(bob, '#videos figure:nth-child(2) figcaption', /^connected, (direct|relayed over [A-Z]+)$/)

    const before = await look(bob)
    await pause(500)
    assert.ok(distance(before, await look(bob)) < 30, 'a camera keeps its colours')
    const chosen = await ada.evaluate(() => {
      const select = document.querySelector('#video')
      select.selectedIndex = 2 // the second of Chromium's fake cameras is one for depth, which no codec takes
      select.dispatchEvent(new Event('change'))
      return select.selectedOptions[0].label
    })
    await until('ada sends it', async () => (await ada.observed()).connections[0].sending.includes(chosen))
    await until('bob sees other colours', async () => distance(before, await look(bob)) > 60)
    await connected(bob)
    assert.equal((await ada.observed()).connections.length, 1, 'on the connection that was there')
    assert.equal(await ada.evaluate(() => document.querySelector('#video').selectedOptions[0].label), chosen)

    for (const kind of ['audio', 'video']) await ada.click(`#mute-${kind}`)
    await reads(bob, '#videos figure:nth-child(2) figcaption', /, muted, no picture$/)
    await until('bob sees black', async () => (await look(bob)).every((value) => value < 40))
    await ada.click('#mute-video')
    await until('bob sees a picture again', async () => (await look(bob)).some((value) => value > 40))

    await ada.click('#screen')
    await reads(bob, '#videos figure:nth-child(2) figcaption', /, muted, screen$/)
    await connected(bob)
    await ada.click('#leave')
    await until('bob is alone', () => bob.evaluate(() => document.querySelectorAll('figure').length === 1))
  }, { timeout: 90_000 })

  stage.test('name.html: it rings, is accepted, and is hung up; nobody of a name is said', async () => {
    const [ada, bob] = [await stage.tab('name.html'), await stage.tab('name.html')]
    for (const [tab, name] of [[ada, 'ada'], [bob, 'bob']]) {
      await tab.fill('#name', name)
      await tab.click('#hello button')
      await reads(tab, '#status', new RegExp(`as ${name}`))
    }
    const call = async (name) => {
      await ada.fill('#callee', name)
      await ada.click('#dial button')
    }
    await call('carl')
    await reads(ada, '#status', /^Nobody of that name is here\.$/)
    await call('bob')
    await reads(bob, '#caller', /^ada is calling\.$/)
    await reads(ada, '#status', /^It rings at bob\.$/)
    assert.deepEqual((await ada.observed()).connections, [], 'nothing of the media before the other accepts')
    await bob.click('#accept')
    for (const tab of [ada, bob]) await connected(tab)
    await bob.click('#hangup')
    for (const tab of [ada, bob]) await reads(tab, '#status', /^The call is over\.$/)
    await call('bob')
    await until('it rings again', () => visible(bob, '#decline'))
    await bob.click('#decline')
    await reads(ada, '#status', /^They declined\.$/)
  })

  for (const kind of ['chromium', 'firefox']) {
    stage.test(`oneway.html: the watcher sees, and nothing comes back (camera in ${kind})`, async () => {
      const room = `oneway-${kind}`
      const shows = await stage.tab('oneway.html', kind, room)
      await shows.click('#show')
      await reads(shows, '#status', /^Nobody watches yet\.$/)
      const watches = await stage.tab('oneway.html', 'chromium', room)
      await watches.click('#watch')
      await connected(watches)
      await until('it is shown', () => watches.evaluate(() => document.querySelector('video')?.videoWidth > 0))
      await reads(shows, '#status', /^Watching: 1\.$/)

      const tracks = (tab) => tab.evaluate(() => document.querySelectorAll('video').length)
      assert.equal(await tracks(shows), 1, 'its own picture alone')
      const [sender] = (await shows.observed()).connections
      const [receiver] = (await watches.observed()).connections
      assert.deepEqual([sender.frames, sender.loudness], [0, 0])
      assert.deepEqual(sender.ways, [['audio', 'sendonly'], ['video', 'sendonly']])
      assert.deepEqual(receiver.ways, [['audio', 'recvonly'], ['video', 'recvonly']])
      assert.deepEqual(receiver.sending, [])
    })
  }

  for (const [other, kinds] of [['post.html', ['chromium', 'firefox']], ['call.html', ['firefox', 'chromium']], ['call.html', ['chromium', 'chromium']]]) {
    stage.test(`post.html with ${other}: POST and an event stream make a call, candidates in one batch (${kinds.join(', ')})`, async () => {
      const room = `post-${other}-${kinds[0]}`
      const pages = [await stage.tab('post.html', kinds[0], room), await stage.tab(other, kinds[1], room)]
      for (const page of pages) {
        await page.click('#join')
        await pause(500) // one after the other, so that each has both roles in turn
      }
      for (const page of pages) await connected(page, { within: 30_000 })
      const log = (await says(pages[0], '#log')).split('\n')
      assert.equal(log[0], 'POST: hello, join')
      const batches = log.filter((line) => /^POST: .*candidate/.test(line))
      assert.match(batches[0], /candidate, end-of-candidates$/, 'the batch is whole')
      assert.equal(batches.length, 1, batches.join())
      const described = Math.max(log.lastIndexOf('POST: description'), log.lastIndexOf('heard: description'))
      if (other === 'post.html') assert.ok(log.indexOf(batches[0]) > described, 'after the answer')

      await pages[1].goto('about:blank')
      await until('the other is gone', () => pages[0].evaluate(() => document.querySelectorAll('video').length === 1))
      await reads(pages[0], '#status', /^The other left\.$/)
    }, { timeout: 90_000 })
  }

  for (const kinds of [['chromium', 'firefox'], ['firefox', 'chromium']]) {
    stage.test(`channel.html: what is written is read on the other side (${kinds.join(', ')})`, async () => {
      const room = `channel-${kinds[0]}`
      const pages = [await stage.tab('channel.html', kinds[0], room)]
      await reads(pages[0], '#status', /^Waiting for another page\.$/)
      pages.push(await stage.tab('channel.html', kinds[1], room))
      for (const page of pages) await reads(page, '#status', /^Connected to 1\.$/, { within: 30_000 })
      const line = '<img src=x onerror="document.title=1"> & ünï→日本'
      for (const [from, to] of [pages, [...pages].reverse()]) {
        await from.fill('#text', line)
        await from.click('#send')
        await until('it is read', async () => (await says(to, '#log')).includes(`They: ${line}`))
      }
      assert.equal(await pages[1].evaluate(() => document.querySelectorAll('#log img').length), 0)
      await pages[1].goto('about:blank')
      await reads(pages[0], '#status', /^Nobody is there\.$/)
    })
  }

  stage.test('files.html: two files of several MB, dropped and chosen, arrive whole and with their names', async () => {
    const [ada, bob] = [await stage.tab('files.html', 'chromium', 'files'), await stage.tab('files.html', 'firefox', 'files')]
    for (const tab of [ada, bob]) await reads(tab, '#status', /^Connected to 1\.$/, { within: 30_000 })
    const sums = [await give(ada, 'drop', 'a picture ü.bin', 9_000_001), await give(ada, 'change', 'empty.txt', 0), await give(bob, 'change', 'back.bin', 3_000_000)]
    const got = async (tab, name) => await until(`${name} is there`, () => tab.evaluate(async (name) => {
      const link = [...document.querySelectorAll('#files a')].find((link) => link.download === name)
      return link && sha256(await (await fetch(link.href)).arrayBuffer())
      async function sha256(bytes) { return Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))).join() }
    }, name), { within: 30_000 })
    assert.deepEqual([await got(bob, 'a picture ü.bin'), await got(bob, 'empty.txt'), await got(ada, 'back.bin')], sums)
    await reads(ada, '#files', /a picture ü\.bin, sent\./)
    const most = await ada.evaluate(() => window.mostBuffered)
    assert.ok(most > 0 && most <= 4 * 1024 * 1024 + 64 * 1024, `${most} bytes waited at once`)
  }, { timeout: 90_000 })

  stage.test('files.html: a transfer that breaks off is said on both sides', async () => {
    const [ada, bob] = [await stage.tab('files.html', 'chromium', 'broken'), await stage.tab('files.html', 'chromium', 'broken')]
    for (const tab of [ada, bob]) await reads(tab, '#status', /^Connected to 1\.$/)
    await give(ada, 'change', 'long.bin', 200_000_000)
    await until('it has begun', () => bob.evaluate(() => document.querySelector('progress')?.value > 0))
    await bob.goto('about:blank')
    await reads(ada, '#files', /long\.bin: the connection ended\.$/)
  })

  for (const kind of ['chromium', 'firefox']) {
    stage.test(`a page of an origin that is not listed is told so, and which key to set (${kind})`, async () => {
      const tab = await stage.tab('call.html', kind)
      await tab.goto(stage.strange('channel.html'))
      await reads(tab, '#status', /^pages of this origin are not allowed here; http\.origins lists those that are$/)
    })

    stage.test(`/v1/ice is all that a page with signaling of its own needs (${kind})`, async () => {
      const tab = await stage.tab('', kind)
      const types = await tab.evaluate(async (daemon) => {
        const configuration = await (await fetch(`${daemon}/v1/ice`)).json()
        const pc = new RTCPeerConnection({ ...configuration, iceTransportPolicy: 'relay' })
        pc.createDataChannel('any')
        const types = new Set()
        const gathered = new Promise((resolve) => {
          pc.onicecandidate = ({ candidate }) => (candidate?.candidate ? types.add(candidate.type) : !candidate && resolve())
        })
        await pc.setLocalDescription()
        await gathered
        pc.close()
        return [...types]
      }, stage.daemonAddress)
      assert.deepEqual(types, ['relay'])
    })
  }


  stage.test('the Data section of docs/client.md: a channel is made again when the connection is renewed', async () => {
    const pages = [await stage.tab(''), await stage.tab('', 'firefox')]
    for (const [first, page] of [[true, pages[0]], [false, pages[1]]]) {
      await page.evaluate(async (first, daemon) => {
        const { Client } = await import(`${daemon}/turnpike.js`)
        window.client = new Client()
        window.heard = []
        window.refused = []
        window.client.on('error', (err) => window.refused.push(err.message))
        const room = await window.client.join('renewed')
        const listen = (channel) => { channel.onmessage = ({ data }) => window.heard.push(data) }
        room.members.forEach((member) => member.on('datachannel', ({ channel }) => listen(channel)))
        let number = 0
        if (first) room.on('member', (member) => {
          const make = () => {
            const channel = member.createDataChannel('positions', { ordered: false, maxRetransmits: 0 })
            const text = `channel ${++number}`
            channel.onopen = () => setInterval(() => channel.readyState === 'open' && channel.send(text), 100) // it may lose some
          }
          make()
          member.on('renewed', make)
        })
      }, first, stage.daemonAddress)
    }
    const hears = (text) => until(text, () => pages[1].evaluate((text) => window.heard.includes(text), text), { within: 30_000 })
    await hears('channel 1')
    await pages[0].evaluate(() => window.client.setRelayOnly(true))
    await hears('channel 2')
    const { connections } = await pages[0].observed()
    assert.equal(connections.length, 1)
    assert.equal(connections[0].local.type, 'relay')
    await pause(1500) // for the second's report of how the connection ended up
    for (const page of pages) {
      assert.deepEqual(await page.evaluate(() => window.refused), [], 'the server understands everything')
      await page.evaluate(() => window.client.close())
    }
  }, { timeout: 90_000 })

})

// look is the most there is of each colour in the other's picture: [red, green, blue].
const look = (tab) => tab.evaluate(() => {
  const canvas = new OffscreenCanvas(64, 36)
  const context = canvas.getContext('2d')
  context.drawImage(document.querySelectorAll('video')[1], 0, 0, 64, 36)
  const all = context.getImageData(0, 0, 64, 36).data
  return [0, 1, 2].map((part) => Math.max(...all.filter((_, i) => i % 4 === part)))
})

const distance = (a, b) => Math.max(...a.map((value, i) => Math.abs(value - b[i])))

// give drops a file on the page or chooses it, and returns its SHA-256.
const give = (tab, how, name, size) => tab.evaluate(async (how, name, size) => {
  if (!window.mostBuffered) {
    window.mostBuffered = 0
    const send = RTCDataChannel.prototype.send
    RTCDataChannel.prototype.send = function (data) {
      send.call(this, data)
      window.mostBuffered = Math.max(window.mostBuffered, this.bufferedAmount)
    }
  }
  const bytes = new Uint8Array(size)
  for (let at = 0; at < Math.min(size, 10_000_000); at += 65_536) crypto.getRandomValues(bytes.subarray(at, Math.min(at + 65_536, size)))
  const transfer = new DataTransfer()
  transfer.items.add(new File([bytes], name))
  if (how === 'drop') document.querySelector('#drop').dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }))
  else {
    const input = document.querySelector('#choose')
    input.files = transfer.files
    input.dispatchEvent(new Event('change'))
  }
  return Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))).join()
}, how, name, size)
