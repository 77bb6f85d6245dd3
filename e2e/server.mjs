// A server process inside the lab: started, waited for, stopped by SIGTERM.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { until } from './until.mjs'

export class Server {
  log = ''
  #shown = 0

  constructor(name, machine, command, args) {
    this.name = name
    this.process = machine.spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.on('data', (text) => { this.log += text })
    }
    this.ended = once(this.process, 'exit')
  }

  // listening waits until the process's namespace has a TCP listener on port.
  async listening(port) {
    const wanted = new RegExp(`:${port.toString(16).toUpperCase().padStart(4, '0')} [0-9A-F:]+ 0A `)
    await until(`${this.name} listens on port ${port}`, () => {
      if (this.process.exitCode !== null) return true
      return ['tcp', 'tcp6'].some((file) => wanted.test(readFileSync(`/proc/${this.process.pid}/net/${file}`, 'utf8')))
    }, { every: 50, within: 10_000 })
    if (this.process.exitCode !== null) throw new Error(`${this.name} ended with ${this.process.exitCode}:\n${this.log}`)
  }

  // news is what the log says that it did not say when last asked; at most 60 lines.
  news() {
    const text = this.log.slice(this.#shown)
    this.#shown = this.log.length
    return text.split('\n').slice(-60).join('\n')
  }

  // stop sends SIGTERM and returns the exit code, or the signal it died of; one that does not end
  // within 10 s is killed, and that is an error.
  async stop() {
    if (this.process.exitCode === null) this.process.kill('SIGTERM')
    const late = setTimeout(() => this.process.kill('SIGKILL'), 10_000)
    const [code, signal] = await this.ended
    clearTimeout(late)
    if (signal === 'SIGKILL') throw new Error(`${this.name} did not end within 10 s of SIGTERM:\n${this.log.slice(-2000)}`)
    return code ?? signal
  }
}
