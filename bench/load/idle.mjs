// Opens connections and leaves them idle: `node idle.mjs PORT CONNECTIONS`. Each exchanges SETTINGS as HTTP/2 wants, in
// bytes of this file's own: ten thousand clients of a library would be slower to come up than to measure.
import { once } from 'node:events'
import { connect } from 'node:net'

const [port, connections] = process.argv.slice(2).map(Number)
const settings = Buffer.of(0, 0, 0, 4, 0, 0, 0, 0, 0)
const acknowledgement = Buffer.of(0, 0, 0, 4, 1, 0, 0, 0, 0)
const preface = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), settings])
let closed = 0

const atOnce = 50
for (let i = 0; i < connections; i += atOnce) {
  await Promise.all(Array.from({ length: Math.min(atOnce, connections - i) }, open))
}
process.stdin.on('end', () => process.exit(0))
process.stdin.on('data', () => console.log(JSON.stringify({ closed })))
console.log(JSON.stringify({ open: connections - closed }))

async function open() {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.write(preface)
  await once(socket, 'data') // the server's SETTINGS
  socket.write(acknowledgement)
  socket.on('data', () => {})
  socket.on('error', () => {})
  socket.on('close', () => closed++)
}
