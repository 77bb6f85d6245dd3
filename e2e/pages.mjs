// A web server for pages of somebody's own application, on a machine of the lab: node pages.mjs DIR PORT CERT KEY
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Server } from './server.mjs'

// startPages serves the files of a directory over https.
export async function startPages(machine, dir, port, { cert, key }) {
  const pages = new Server('pages', machine, process.execPath, [fileURLToPath(import.meta.url), dir, String(port), cert, key])
  await pages.listening(port)
  return pages
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [dir, port, cert, key] = process.argv.slice(2)
  const types = { html: 'text/html', js: 'text/javascript' }
  createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (request, response) => {
    const name = basename(new URL(request.url, 'https://pages').pathname)
    try {
      const body = readFileSync(join(dir, name))
      response.writeHead(200, { 'Content-Type': types[name.split('.').pop()] ?? 'text/plain' }).end(body)
    } catch {
      response.writeHead(404).end()
    }
  }).listen(Number(port))
}
