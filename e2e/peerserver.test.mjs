// The same frames against npm's peer server and against /peerjs. Where the transcripts differ, the table
// says how, and docs/peerjs.md says why.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { binary } from './daemon.mjs'
import { Transcript } from './peerserver.mjs'
import { absent } from './prerequisites.mjs'
import { Server } from './server.mjs'
import { pause } from './until.mjs'

const [OURS, THEIRS] = [18090, 18092]
const here = { name: 'here', spawn }
const peer = join(dirname(createRequire(import.meta.url).resolve('peer')), 'bin/peerjs.js')
const OPEN = '{"type":"OPEN"}'
const TAKEN = '{"type":"ID-TAKEN","payload":{"msg":"ID is taken"}}'
const offer = (dst, payload = { n: 1 }) => ({ type: 'OFFER', dst, payload })
const offered = (src, dst) => `{"type":"OFFER","src":"${src}","dst":"${dst}","payload":{"n":1}}`
const expired = (src, dst) => `{"type":"EXPIRE","src":"${src}","dst":"${dst}"}`
const error = (msg) => `{"type":"ERROR","payload":{"msg":"${msg}"}}`

const scripts = {
  'two peers negotiate': async (t) => {
    const [ada, bob] = [await t.client('ada'), await t.client('bob')]
    await ada.send({ type: 'HEARTBEAT' })
    await ada.send(offer('bob', { sdp: { type: 'offer', sdp: 'v=0\r\n<&>' }, type: 'data', connectionId: 'dc_1', metadata: null, reliable: false }))
    await bob.send({ type: 'ANSWER', dst: 'ada', payload: { sdp: {}, type: 'data', connectionId: 'dc_1', browser: 'x' } })
    await ada.send({ type: 'CANDIDATE', dst: 'bob', payload: { candidate: { candidate: 'candidate:1', sdpMLineIndex: 0 } } })
    await ada.send({ type: 'LEAVE', dst: 'bob' })
  },
  'the server says who sent it': async (t) => {
    const [ada] = [await t.client('ada'), await t.client('bob')]
    await ada.send({ ...offer('bob'), src: 'eve' })
    await ada.send(offer('ada'))
  },
  'unknown types are nothing': async (t) => {
    const [ada] = [await t.client('ada'), await t.client('bob')]
    for (const type of ['OPEN', 'ERROR', 'ID-TAKEN', 'NEW']) await ada.send({ type, dst: 'bob', payload: { msg: 'x' } })
  },
  'a message waits for who comes': async (t) => {
    const ada = await t.client('ada')
    await ada.send(offer('bob'))
    await ada.send({ type: 'CANDIDATE', dst: 'bob', payload: { n: 2 } })
    await ada.send({ type: 'LEAVE', dst: 'bob' })
    await pause(3000)
    await t.client('bob')
  },
  'a message to nobody expires once': async (t) => {
    const ada = await t.client('ada')
    await ada.send(offer('bob'))
    for (let i = 0; i < 3; i++) await ada.send({ type: 'CANDIDATE', dst: 'bob', payload: {} })
    await pause(3000)
    t.note('ada', '4.6 s')
    await pause(2500)
    t.note('ada', '7.1 s')
    await pause(3000)
  },
  'a later message to nobody': async (t) => {
    const [ada, eve] = [await t.client('ada'), await t.client('eve')]
    await ada.send(offer('bob'))
    await pause(3600)
    await eve.send(offer('bob'))
    await pause(2600)
    t.note('eve', '3 s')
    await pause(4000)
  },
  'an id is taken': async (t) => {
    const ada = await t.client('ada')
    await t.client('thief', { id: 'ada' })
    await ada.send(offer('ada'))
  },
  'parameters are missing or wrong': async (t) => {
    await t.client('no token', { id: 'ada', token: undefined })
    await t.client('no id', { id: undefined })
    await t.client('no key', { id: 'ada', key: undefined })
    await t.client('wrong key', { id: 'ada', key: 'other' })
  },
  'a page is gone, another has its id': async (t) => {
    const old = await t.client('ada')
    await old.leave(1001)
    await t.client('new', { id: 'ada' })
  },
  'what is asked over http': async (t) => {
    t.note('http', (await t.get('/peerjs/peerjs/id?ts=1&version=1.5.5')).body)
    await t.get('/peerjs/peerjs/peers')
    t.note('http', JSON.parse((await t.get('/peerjs')).body).name)
  },

  // From here on they differ.
  'the same id and token again': async (t) => {
    await t.client('old', { id: 'ada', token: 't' })
    await t.client('new', { id: 'ada', token: 't' })
  },
  'another token after the end': async (t) => {
    await (await t.client('ada')).leave()
    await t.client('thief', { id: 'ada' })
  },
  'EXPIRE of a client': async (t) => {
    const [ada] = [await t.client('ada'), await t.client('bob')]
    await ada.send({ type: 'EXPIRE', dst: 'bob' })
  },
  'LEAVE to a stranger': async (t) => {
    const [ada] = [await t.client('ada'), await t.client('bob')]
    await ada.send({ type: 'LEAVE', dst: 'bob' })
  },
  'LEAVE to nobody': async (t) => {
    const ada = await t.client('ada')
    await ada.send({ type: 'LEAVE' })
    await t.client('new', { id: 'ada' })
  },
  'an offer without payload': async (t) => {
    const [ada] = [await t.client('ada'), await t.client('bob')]
    await ada.send({ type: 'OFFER', dst: 'bob' })
  },
  'three frames that do not parse': async (t) => {
    const ada = await t.client('ada')
    for (const frame of ['{', 'x', '[']) await ada.send(frame)
  },
  'a large message': async (t) => {
    const [ada] = [await t.client('ada'), await t.client('bob')]
    await ada.send(offer('bob', { large: 'x'.repeat(100_000) }))
  },
  'an id that the client would refuse': async (t) => {
    await t.client('ada', { id: '<ada>' })
  },
  'a message to such an id': async (t) => {
    const ada = await t.client('ada')
    await ada.send(offer('<bob>'))
    t.note('ada', 'at once')
    await pause(6500)
  },
  'close codes': async (t) => {
    t.codes = true
    await t.client('ada')
    await t.client('thief', { id: 'ada' })
    await t.client('wrong key', { key: 'other' })
  },
  'another key over http': (t) => t.get('/peerjs/other/id'),
  'a page of another origin': async (t) => {
    const { headers } = await t.get('/peerjs/peerjs/id', { Origin: 'https://evil.example' })
    t.note('http', `may be read by ${headers.get('access-control-allow-origin')}`)
    await t.client('ada', { origin: 'https://evil.example' })
  },
}

// What each hears, npm's peer server first. The reasons stand in docs/peerjs.md, word for word.
const differences = {
  'a later message to nobody': {
    npm: { ada: [OPEN, expired('bob', 'ada')], eve: [OPEN, expired('bob', 'eve'), '3 s'] },
    ours: { ada: [OPEN, expired('bob', 'ada')], eve: [OPEN, '3 s', expired('bob', 'eve')] },
    why: 'The five seconds count for each sender. There, whoever came late was told early.',
  },
  'the same id and token again': {
    npm: { old: [OPEN] },
    ours: { old: [OPEN, 'closed'], new: [OPEN] },
    why: 'Who connects again hears `OPEN`, and the old connection ends. There, the client waits for `OPEN` for ever.',
  },
  'another token after the end': {
    npm: { ada: [OPEN], thief: [OPEN] },
    ours: { ada: [OPEN], thief: [TAKEN, 'closed'] },
    why: 'An id is held for its token for 30 s after its connection has ended. There, the next one to ask has it.',
  },
  'EXPIRE of a client': {
    npm: { ada: [OPEN], bob: [OPEN, expired('ada', 'bob')] },
    ours: { ada: [OPEN], bob: [OPEN] },
    why: '`EXPIRE` is for the server to say. There, clients can tell each other that a peer is not available.',
  },
  'LEAVE to a stranger': {
    npm: { ada: [OPEN], bob: [OPEN, '{"type":"LEAVE","src":"ada","dst":"bob"}'] },
    ours: { ada: [OPEN], bob: [OPEN] },
    why: '`LEAVE` reaches only who has exchanged something with its sender.',
  },
  'LEAVE to nobody': {
    npm: { ada: [OPEN], new: [OPEN] },
    ours: { ada: [OPEN, 'closed'], new: [OPEN] },
    why: '`LEAVE` without an addressee gives up the id and ends the connection. There, two connections go on under one id.',
  },
  'an offer without payload': {
    npm: { ada: [OPEN], bob: [OPEN, '{"type":"OFFER","src":"ada","dst":"bob"}'] },
    ours: { ada: [OPEN], bob: [OPEN] },
    why: 'An offer, answer or candidate whose payload is no object is dropped: the client throws on one.',
  },
  'three frames that do not parse': {
    npm: { ada: [OPEN] },
    ours: { ada: [OPEN, error('Three messages did not parse'), 'closed'] },
    why: 'The third message that does not parse ends its connection.',
  },
  'a large message': {
    npm: { ada: [OPEN], bob: [OPEN, `{"type":"OFFER","src":"ada","dst":"bob","payload":{"large":"${'x'.repeat(100_000)}"}}`] },
    ours: { ada: [OPEN, 'closed'], bob: [OPEN] },
    why: 'A message has at most 64 KiB, metadata included. There, 100 MiB.',
  },
  'an id that the client would refuse': {
    npm: { ada: [OPEN] },
    ours: { ada: [error('Invalid id: 1 to 128 letters and digits, with single spaces, - or _ between them'), 'closed'] },
    why: 'The rule for ids that the client checks holds on the server, too, and an id has at most 128 characters.',
  },
  'a message to such an id': {
    npm: { ada: [OPEN, 'at once', expired('<bob>', 'ada')] },
    ours: { ada: [OPEN, expired('<bob>', 'ada'), 'at once'] },
    why: 'A message to an id that nobody can have expires at once.',
  },
  'close codes': {
    npm: { ada: [OPEN], thief: [TAKEN, 'closed 1005'], 'wrong key': [error('Invalid key provided'), 'closed 1005'] },
    ours: { ada: [OPEN], thief: [TAKEN, 'closed 4503'], 'wrong key': [error('Invalid key provided'), 'closed 4503'] },
    why: 'Connections that the server ends have a close code and a reason. The client looks at neither; people do.',
  },
  'another key over http': {
    npm: { http: ['/peerjs/other/id 200'] },
    ours: { http: ['/peerjs/other/id 401'] },
    why: 'The key is checked over HTTP, too.',
  },
  'a page of another origin': {
    npm: { http: ['/peerjs/peerjs/id 200', 'may be read by https://evil.example'], ada: [OPEN] },
    ours: { http: ['/peerjs/peerjs/id 403', 'may be read by null'], ada: ['Unexpected server response: 403', 'closed'] },
    why: 'Pages of other origins are let in only if `http.origins` lists them. There, all are.',
  },
}

const reason = absent('go')
describe('the same frames to npm peer and to us', { skip: reason, concurrency: true }, () => {
  let npm, daemon, dir

  before(async () => {
    npm = new Server('npm peer', here, process.execPath, [peer, '--host', '127.0.0.1', '--port', String(THEIRS), '--path', '/peerjs'])
    dir = mkdtempSync(join(tmpdir(), 'turnpike-peerserver-'))
    const file = join(dir, 'turnpike.yml')
    writeFileSync(file, JSON.stringify({
      turn: { listen: ['udp://127.0.0.1:18091'], relay: { addresses: ['127.0.0.1'] } },
      stun: { alternate_port: 0 },
      http: { listen: [`http://127.0.0.1:${OURS}`] },
    }), { mode: 0o600 })
    daemon = new Server('turnpike', here, binary(), ['serve', '-config', file])
    await daemon.listening(OURS)
    await npm.listening(THEIRS)
  }, { timeout: 60_000 })

  after(async () => {
    npm?.process.kill('SIGKILL') // it would wait for its last connection
    await npm?.ended
    await daemon?.stop()
    assert.doesNotMatch(daemon?.log ?? '', /token-of|peerjs\?|x[0-9a-z]+xada/, 'the log holds no token, key or id')
    if (dir) rmSync(dir, { recursive: true, force: true })
  })

  const docs = readFileSync(new URL('../docs/peerjs.md', import.meta.url), 'utf8').replace(/\s+/g, ' ')
  const unused = new Set(Object.keys(differences))

  for (const [name, script] of Object.entries(scripts)) {
    const difference = differences[name]
    unused.delete(name)
    test(difference ? `${name}: ${difference.why}` : `${name}: the same`, { timeout: 30_000 }, async () => {
      const [theirs, ours] = await Promise.all([THEIRS, OURS].map(async (port) => {
        const transcript = new Transcript(port, `x${Math.random().toString(36).slice(2)}x`)
        await script(transcript)
        transcript.close()
        return transcript.said
      }))
      if (!difference) return assert.deepEqual(ours, theirs)
      assert.deepEqual(theirs, difference.npm, 'npm peer')
      assert.deepEqual(ours, difference.ours, 'turnpike')
      assert.notDeepEqual(theirs, ours)
      assert.ok(docs.includes(difference.why), 'docs/peerjs.md gives the reason')
    })
  }
  test('every difference is of a script', () => assert.deepEqual([...unused], []))
})
