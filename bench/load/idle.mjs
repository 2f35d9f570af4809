// Opens connections and leaves them idle: `node idle.mjs PORT CONNECTIONS PROTOCOL`. With `http2` each connection exchanges
// SETTINGS; with `http1` each sends a request and reads the response. The bytes are made here, because ten thousand
// clients of a library take longer to start than the measurement.
import { once } from 'node:events'
import { connect } from 'node:net'

const [port, connections] = process.argv.slice(2, 4).map(Number)
const protocol = process.argv[4]
const settings = Buffer.of(0, 0, 0, 4, 0, 0, 0, 0, 0)
const acknowledgement = Buffer.of(0, 0, 0, 4, 1, 0, 0, 0, 0)
const preface = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), settings])
const request = `GET /hello HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`
const greet = { http1: greetHTTP1, http2: greetHTTP2 }[protocol]
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
  await greet(socket)
  socket.on('data', () => {})
  socket.on('error', () => {})
  socket.on('close', () => closed++)
}

async function greetHTTP2(socket) {
  socket.write(preface)
  await once(socket, 'data') // the server's SETTINGS
  socket.write(acknowledgement)
}

/** The response has a body of 13 bytes, which may come after its head. */
async function greetHTTP1(socket) {
  socket.write(request)
  let text = ''
  while (!text.endsWith('Hello, World!')) {
    const [chunk] = await once(socket, 'data')
    text += chunk.toString('latin1')
    if (!text.startsWith('HTTP/1.1 200 ')) throw new Error(`a response of ${text.slice(0, 20)}`)
  }
}
