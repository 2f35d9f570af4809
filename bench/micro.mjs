// Micro-benchmarks of the engine without a socket: one part of the server's profile at a time. Prints JSON;
// `npm run bench -- --only micro` runs it on each runtime.
import { Bench } from 'tinybench'
import { Session } from 'nghttp2-wasm/engine'
import { HDDeflater, HDInflater } from 'nghttp2-wasm/hpack'
import { measureWire } from './micro-wire.mjs'

const mebibyte = 1024 * 1024
const batch = 32
const frameHeader = 9

const requestFields = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':authority', 'www.example.org'],
  [':path', '/catalogue/items'],
  ['user-agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'],
  ['accept', 'application/json,text/plain;q=0.9,*/*;q=0.8'],
  ['accept-language', 'en-GB,en;q=0.7,de;q=0.3'],
  ['accept-encoding', 'gzip, deflate, br'],
  ['referer', 'https://www.example.org/catalogue/page/7'],
  ['cookie', 'session=7e1f0c9a52d14d0e9d533c2f1a8b7e60'],
  ['x-request-id', '7e1f0c9a-52d1-4d0e-9d53-3c2f1a8b7e60'],
  ['cache-control', 'no-cache'],
]
const responseFields = [
  [':status', '103'],
  ['content-type', 'application/json; charset=utf-8'],
  ['cache-control', 'private, no-transform'],
  ['etag', '"5f3c-1a2b3c4d5e6f"'],
  ['x-request-id', '7e1f0c9a-52d1-4d0e-9d53-3c2f1a8b7e60'],
  ['strict-transport-security', 'max-age=31536000'],
  ['access-control-allow-origin', 'https://www.example.org'],
  ['date', 'Tue, 24 Nov 2026 03:43:36 GMT'],
]

/** A sink that ignores everything; a benchmark overrides methods. */
class Sink {
  count = 0
  headers() {}
  data() {}
  streamEnded() {}
  rstStream() {}
  streamClosed() {}
  settings() {}
  ping() {}
  goaway() {}
  windowUpdate() {}
  pushPromise() {}
  priorityUpdate() {}
  altsvc() {}
  origin() {}
  extension() {}
  frameNotSent() {}
  frameInvalid() {}
  goawaySent() {}
  diagnostic() {}
  dataSent() {}
}

const nowhere = { write: () => true, writev: () => true }
const ignore = new Sink()

/** A client and a server that have exchanged SETTINGS, and one open stream. */
function connected() {
  const window = 0x7fffffff
  const client = Session.client({
    settings: { initialWindowSize: window },
    connectionWindowSize: window,
  })
  const server = Session.server({ settings: { maxConcurrentStreams: 1000 } })
  const streamId = client.submitRequest(requestFields)
  exchange(client, server)
  return { client, server, streamId }
}

function exchange(client, server) {
  for (let i = 0; i < 3; i++) {
    server.receive(client.bytesToSend())
    client.receive(server.bytesToSend())
  }
}

function feed(session, bytes, sink) {
  session.feed(bytes, sink)
  if (session.failure) throw session.failure
}

/** 103 responses, of which one stream may have any number: only HEADERS frames. */
function headerEncode() {
  const { server, streamId } = connected()
  return () => {
    for (let i = 0; i < batch; i++) server.submitInformational(streamId, responseFields)
    server.drain(nowhere, ignore)
  }
}

function headerDecode() {
  const { client, server, streamId } = connected()
  server.submitInformational(streamId, responseFields)
  exchange(client, server) // the fields are in the table now
  for (let i = 0; i < batch; i++) server.submitInformational(streamId, responseFields)
  const bytes = server.bytesToSend()
  const sink = new Sink()
  sink.headers = () => sink.count++
  return () => {
    sink.count = 0
    feed(client, bytes, sink)
    if (sink.count !== batch) throw new Error(`${sink.count} of ${batch} header blocks`)
  }
}

/** Frames with almost no effect: the cost of a record. */
function eventDrain() {
  const { client } = connected()
  const ping = Uint8Array.of(0, 0, 8, 6, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8)
  const bytes = new Uint8Array(batch * ping.length)
  for (let i = 0; i < batch; i++) bytes.set(ping, i * ping.length)
  const sink = new Sink()
  sink.ping = () => sink.count++
  return () => {
    sink.count = 0
    feed(client, bytes, sink)
    if (sink.count !== batch) throw new Error(`${sink.count} of ${batch} PING`)
  }
}

/** A MiB as frame headers and slices, and the windows opened again. */
function bodySplice() {
  const { server, streamId } = connected()
  server.submitResponse(streamId, [[':status', '200']], { endStream: false })
  const body = new Uint8Array(mebibyte)
  const updates = new Uint8Array(
    [0, streamId].flatMap((id) => [0, 0, 4, 8, 0, 0, 0, 0, id, 0, 16, 0, 0]),
  )
  const sink = new Sink()
  sink.dataSent = (_, length) => (sink.count += length)
  return () => {
    sink.count = 0
    server.sendData(streamId, body)
    server.drain(nowhere, sink)
    if (sink.count !== mebibyte) throw new Error(`${sink.count} bytes went out`)
    feed(server, updates, ignore)
  }
}

/** Requests in, 13-byte responses out: the engine's part of the server's work. */
function turn() {
  const { client, server } = connected()
  const ids = []
  const sink = new Sink()
  sink.headers = (streamId) => ids.push(streamId)
  for (let i = 0; i < batch; i++) client.submitRequest(requestFields)
  const bytes = client.bytesToSend()
  const places = streamIds(bytes)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  let next = view.getUint32(places[0])
  const fields = [':status', '200', 'content-type', 'text/plain', 'content-length', '13']
  return () => {
    for (const place of places) {
      view.setUint32(place, next)
      next += 2
    }
    feed(server, bytes, sink)
    if (ids.length !== batch) throw new Error(`${ids.length} of ${batch} requests`)
    for (const id of ids) server.submitShortResponse(id, fields, 'Hello, World!')
    ids.length = 0
    server.drain(nowhere, ignore)
  }
}

/** Offsets of the frames' stream ids. */
function streamIds(bytes) {
  const places = []
  for (let at = 0; at < bytes.length;) {
    places.push(at + 5)
    at += frameHeader + ((bytes[at] << 16) | (bytes[at + 1] << 8) | bytes[at + 2])
  }
  return places
}

function hpackEncode() {
  const deflater = new HDDeflater()
  return () => deflater.deflate(requestFields)
}

function hpackDecode() {
  const inflater = new HDInflater()
  const deflater = new HDDeflater()
  inflater.inflate(deflater.deflate(requestFields))
  const block = deflater.deflate(requestFields)
  return () => {
    const { length } = inflater.inflate(block)
    if (length !== requestFields.length) throw new Error(`${length} fields`)
  }
}

/** Name → a function, and how many operations one call does. */
const tasks = {
  'request and response, 12 and 3 fields, 13 bytes': [turn, batch],
  'header decode, 8 fields': [headerDecode, batch],
  'header encode, 8 fields': [headerEncode, batch],
  'event drain, a PING': [eventDrain, batch],
  'body splice, 1 MiB': [bodySplice, 1],
  'HDDeflater, 12 fields': [hpackEncode, 1],
  'HDInflater, 12 fields': [hpackDecode, 1],
}

const time = Number(process.argv[2] ?? 500)
const bench = new Bench({ time, warmupTime: time / 2, throws: true })
for (const [name, [make]] of Object.entries(tasks)) bench.add(name, make(), { async: false })
await bench.run()
const nanoseconds = (milliseconds, times) => (milliseconds * 1e6) / times
const figures = bench.tasks.map(({ name, result }) => {
  const [, times] = tasks[name]
  const { p50, p75, min } = result.latency
  const [median, upper, least] = [p50, p75, min].map((value) => nanoseconds(value, times))
  return { name, median, upper, least }
})
console.log(JSON.stringify({ figures, wire: measureWire(time / 2) }))
