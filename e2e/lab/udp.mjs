// A few datagrams, run inside a namespace. What a NAT does is seen from outside.
//
//   node udp.mjs echo ADDRESS PORT…           answers each datagram with the address it came from
//   node udp.mjs ask ADDRESS PORT…            asks them all from one socket; prints what each saw, null for silence
import dgram from 'node:dgram'
import { once } from 'node:events'

const [mode, address, ...ports] = process.argv.slice(2)

if (mode === 'echo') {
  for (const port of ports) {
    const socket = dgram.createSocket('udp4')
    socket.on('message', (_, from) => socket.send(`${from.address}:${from.port}`, from.port, from.address))
    socket.bind(Number(port), address)
    await once(socket, 'listening')
  }
  console.log('listening')
} else {
  const socket = dgram.createSocket('udp4')
  const seen = Object.fromEntries(ports.map((port) => [port, null]))
  const done = new Promise((resolve) => {
    setTimeout(resolve, 1000)
    socket.on('message', (text, from) => {
      seen[from.port] = String(text)
      if (Object.values(seen).every(Boolean)) resolve()
    })
  })
  for (const port of ports) socket.send('?', Number(port), address)
  await done
  console.log(JSON.stringify(Object.values(seen)))
  process.exit()
}
