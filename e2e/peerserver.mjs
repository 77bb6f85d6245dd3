// A script of frames against a server that speaks PeerServer's protocol, and the transcript of it: who heard what.
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { pause } from './until.mjs'

// SETTLE is how long a frame may be under way on loopback.
const SETTLE = 400

export class Transcript {
  said = {} // by who heard it, in order
  #clients = []

  constructor(port, prefix) {
    this.port = port
    this.prefix = prefix // of ids, so that scripts can run side by side
  }

  note(who, line) {
    (this.said[who] ??= []).push(this.short(line))
  }

  // short takes out what differs from run to run.
  short(text) {
    return text.replaceAll(this.prefix, '').replace(/[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}/g, 'UUID')
  }

  // client opens a WebSocket as somebody; { id, token, key } as in the URL, undefined leaves them out.
  async client(who, { id = who, token = `token-of-${who}`, key = 'peerjs', origin } = {}) {
    const query = Object.entries({ key, id: id && this.prefix + id, token, version: '1.5.5' }).filter(([, value]) => value !== undefined)
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}/peerjs/peerjs?${new URLSearchParams(query)}`, { origin })
    this.#clients.push(socket)
    socket.on('message', (data) => this.note(who, `${data}`))
    socket.on('close', (code) => { if (!socket.left) this.note(who, this.codes ? `closed ${code}` : 'closed') })
    socket.on('error', (err) => this.note(who, err.message))
    await Promise.race([once(socket, 'open'), once(socket, 'close')]).catch(() => {})
    await pause(SETTLE)
    return {
      socket,
      send: async (message) => {
        socket.send(typeof message === 'string' ? message : JSON.stringify({ ...message, dst: message.dst && this.prefix + message.dst }))
        await pause(SETTLE)
      },
      leave: async (code) => {
        socket.left = true
        socket.close(code)
        await pause(SETTLE)
      },
    }
  }

  async get(path, headers = {}) {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, { headers })
    const body = await response.text()
    this.note('http', `${path} ${response.status}`)
    return { headers: response.headers, body }
  }

  close() {
    for (const socket of this.#clients) {
      socket.left = true
      socket.close()
    }
  }
}
