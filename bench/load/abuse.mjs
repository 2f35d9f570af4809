// A client that abuses a server: one-byte frames, and windows that stay shut.
//
//   node abuse.mjs tiny PORT COUNT           a body of COUNT frames of one byte, which the server reads later
//   node abuse.mjs shut PORT CONNECTIONS     100 requests on each connection, whose windows stay shut
//
// It prints `{"open":…}` when the server has received all of that. At a line on standard input, `tiny` has the server
// read the body, and prints the milliseconds until the response.
import { once } from 'node:events'
import { connect } from 'node:net'

const [mode, port, count] = process.argv.slice(2).map((text, i) => (i === 0 ? text : Number(text)))
const streams = 100
const type = { data: 0, headers: 1, settings: 4, ping: 6 }
const endStream = 1
const endHeaders = 4
const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
// :method GET or POST, :scheme http, :path /, and :authority x (RFC 7541 §6.1, §6.2.2).
const get = Buffer.of(0x82, 0x86, 0x84, 0x01, 0x01, 0x78)
const post = Buffer.of(0x83, 0x86, 0x84, 0x01, 0x01, 0x78)

function frame(kind, flags, streamId, payload) {
  const bytes = Buffer.alloc(9 + payload.length)
  bytes.writeUIntBE(payload.length, 0, 3)
  bytes[3] = kind
  bytes[4] = flags
  bytes.writeUInt32BE(streamId, 5)
  bytes.set(payload, 9)
  return bytes
}

/** A connection whose `seen(isIt)` waits for a frame. */
async function open(settings) {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  let rest = Buffer.alloc(0)
  const frames = []
  let look = () => {}
  socket.on('data', (chunk) => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 9) {
      const end = 9 + rest.readUIntBE(0, 3)
      if (rest.length < end) break
      frames.push({ kind: rest[3], flags: rest[4], streamId: rest.readUInt32BE(5) })
      rest = rest.subarray(end)
    }
    look()
  })
  socket.on('error', () => {})
  socket.on('close', () => {
    frames.push({ isEnd: true })
    look()
  })
  const seen = (isIt) =>
    new Promise((resolve, reject) => {
      look = () => {
        if (frames.some(isIt)) resolve()
        else if (frames.some(({ isEnd }) => isEnd)) reject(new Error('the server closed'))
      }
      look()
    })
  socket.write(Buffer.concat([preface, frame(type.settings, 0, 0, settings)]))
  await seen(({ kind, flags }) => kind === type.settings && flags === 0)
  socket.write(frame(type.settings, 1, 0, []))
  return { socket, seen }
}

const pinged = ({ kind, flags }) => kind === type.ping && flags === 1

async function tiny() {
  const { socket, seen } = await open([])
  const one = frame(type.data, 0, 1, [0x78])
  // The first byte makes the server open the connection's window.
  socket.write(Buffer.concat([frame(type.headers, endHeaders, 1, post), one]))
  await new Promise((resolve) => setTimeout(resolve, 100))
  const all = Buffer.alloc((count - 1) * one.length)
  for (let at = 0; at < all.length; at += one.length) one.copy(all, at)
  socket.write(all)
  socket.write(frame(type.data, endStream, 1, []))
  socket.write(frame(type.ping, 0, 0, Buffer.alloc(8)))
  await seen(pinged)
  return async () => {
    const started = performance.now()
    socket.write(frame(type.headers, endHeaders | endStream, 3, get))
    await seen(({ kind, flags, streamId }) => {
      return streamId === 1 && (kind === type.data || kind === type.headers) && flags & endStream
    })
    return { milliseconds: performance.now() - started }
  }
}

async function shut() {
  const requests = Array.from({ length: streams }, (_, i) =>
    frame(type.headers, endHeaders | endStream, 1 + 2 * i, get),
  )
  const all = Buffer.concat([...requests, frame(type.ping, 0, 0, Buffer.alloc(8))])
  for (let i = 0; i < count; i++) {
    // INITIAL_WINDOW_SIZE 0
    const { socket, seen } = await open([0, 4, 0, 0, 0, 0])
    socket.write(all)
    await seen(pinged)
  }
  return async () => ({})
}

try {
  const ask = await (mode === 'tiny' ? tiny() : shut())
  process.stdin.on('end', () => process.exit(0))
  process.stdin.on('data', async () => console.log(JSON.stringify(await ask())))
  console.log(JSON.stringify({ open: count }))
} catch (error) {
  console.log(JSON.stringify({ open: error.message }))
  process.exit(1)
}
