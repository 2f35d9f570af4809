// Makes the corpus of the native fuzzers, fuzz/corpus, from conversations of our own sessions. The input of a fuzzer is
// two bytes with the length of the wire bytes, the wire bytes, and control bytes, which are read from the end backwards
// (fuzz/harness/host.h).
//
//   node fuzz/seeds.mjs
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Session } from '../dist/engine.js'
import { root } from '../scripts/tools.mjs'
import { requests, responses } from './messages.mjs'

const corpus = join(root, 'fuzz', 'corpus')
const text = (value) => Buffer.from(value, 'latin1')

const get = { ':method': 'GET', ':scheme': 'http', ':authority': 'x', ':path': '/' }
const post = { ...get, ':method': 'POST' }
const ok = { ':status': '200' }
const bytes = (length, value = 7) => new Uint8Array(length).fill(value)

/** What the two sides of a connection do: `begin` is the client's part, `answer` is called with each event of the server. */
const conversations = {
  get: { begin: ({ client }) => client.submitRequest(get) },
  'get-repeated': {
    begin: ({ client }) => {
      for (let i = 0; i < 5; i++)
        client.submitRequest({ ...get, 'user-agent': 'one', cookie: 'a=b' })
    },
  },
  'get-long-fields': {
    begin: ({ client }) => {
      for (let i = 0; i < 3; i++)
        client.submitRequest({ ...get, 'x-long': 'v'.repeat(300), 'x-same': 'w'.repeat(100) })
    },
  },
  upload: {
    begin: ({ client }) => {
      client.submitRequest({ ...post, 'content-length': '600' }, { body: bytes(600) })
    },
  },
  'upload-with-trailers': {
    begin: ({ client }) => {
      const id = client.submitRequest(post, { endStream: false })
      client.sendData(id, bytes(40))
      client.submitTrailers(id, { 'x-sum': '1' })
    },
  },
  padded: { padding: 9, begin: ({ client }) => client.submitRequest(post, { body: bytes(50) }) },
  reset: {
    begin: (pair) => {
      const ids = [1, 2, 3].map(() => pair.client.submitRequest(post, { endStream: false }))
      pair.flow()
      for (const id of ids) pair.client.submitRstStream(id)
    },
    answer: () => {},
  },
  control: {
    begin: (pair) => {
      const id = pair.client.submitRequest(post, { endStream: false })
      pair.flow()
      pair.client.submitPing(bytes(8))
      pair.client.submitSettings({ initialWindowSize: 100, maxFrameSize: 20_000 })
      pair.client.submitWindowUpdate(0, 1000)
      pair.client.submitPriorityUpdate(id, 'u=1, i')
      pair.client.submitUnknownFrame(0xf0, 3, 0, bytes(9))
      pair.server.submitAltsvc(0, 'http://x', 'h2=":1"')
      pair.server.submitOrigin(['https://a', 'https://b'])
      pair.server.submitPing(bytes(8))
      pair.server.submitUnknownFrame(0xf1, 0, id, bytes(9))
      pair.flow()
      pair.client.submitGoaway(0, 0, 'bye')
    },
  },
  tunnel: {
    begin: ({ client }) => {
      const id = client.submitRequest(
        { ':method': 'CONNECT', ':authority': 'x:1' },
        { endStream: false },
      )
      client.sendData(id, bytes(20))
    },
  },
  push: {
    begin: ({ client }) => client.submitRequest(get),
    answer: ({ server }, { streamId }) => {
      server.submitInformational(streamId, { ':status': '103', link: '</a>' })
      const promised = server.submitPushPromise(streamId, { ...get, ':path': '/pushed' })
      server.submitResponse(promised, ok, { body: bytes(20) })
      server.submitResponse(streamId, ok)
    },
  },
  streaming: {
    begin: ({ client }) => client.submitRequest(get),
    answer: ({ server }, { streamId }) => {
      server.submitResponse(streamId, { ...ok, 'x-id': '1' }, { endStream: false })
      for (let i = 0; i < 4; i++) server.sendData(streamId, bytes(100, i))
      server.submitTrailers(streamId, { 'grpc-status': '0' })
    },
  },
  shutdown: {
    begin: (pair) => {
      pair.client.submitRequest(get)
      pair.flow()
      pair.server.submitShutdownNotice()
      pair.flow()
      pair.server.terminate()
    },
  },
}

/** Holds a conversation; the bytes of each side. */
function record({ begin, answer = respond, padding = 0 }) {
  const settings = { enableConnectProtocol: true, noRfc7540Priorities: true }
  const client = Session.client({ settings: { enablePush: true }, padding })
  const server = Session.server({ settings, padding })
  const up = []
  const down = []
  const pair = { client, server, flow }
  function flow() {
    for (;;) {
      const chunks = [client.bytesToSend(), server.bytesToSend()]
      if (chunks[0].length + chunks[1].length === 0) return
      up.push(chunks[0])
      down.push(chunks[1])
      client.receive(chunks[1])
      for (const event of server.receive(chunks[0])) {
        if (event.type === 'DataReceived') server.consume(event.streamId, event.data.length)
        if (event.type === 'RequestReceived') answer(pair, event)
      }
    }
  }
  begin(pair)
  flow()
  const requested = (client.nextStreamId - 1) / 2
  client.dispose()
  server.dispose()
  return { up: Buffer.concat(up), down: Buffer.concat(down), requested }
}

function respond({ server }, { streamId, endStream }) {
  server.submitResponse(
    streamId,
    { ...ok, 'content-type': 'text/plain' },
    { body: bytes(12), endStream },
  )
  if (!endStream) server.sendData(streamId, bytes(5), true)
}

/** Bytes that are the same at each run (mulberry32). */
function randomBytes(count, seed) {
  let state = seed
  return Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % 256
  })
}

function write(harness, name, wire, controls) {
  const folder = join(corpus, harness)
  mkdirSync(folder, { recursive: true })
  const head = [wire.length & 255, wire.length >> 8]
  writeFileSync(join(folder, name), Buffer.from([...head, ...wire, ...controls.toReversed()]))
}

/** The controls of a session with the default options, behind those that say how it is used and what memory it has. */
const plain = [0, 0, 0, 0, 0, 0]

/** The payloads of the HEADERS frames, which have no padding. */
function blocksOf(wire, start) {
  const blocks = []
  for (let at = start; at < wire.length; at += 9 + wire.readUIntBE(at, 3)) {
    if (wire[at + 3] === 1) blocks.push(wire.subarray(at + 9, at + 9 + wire.readUIntBE(at, 3)))
  }
  return blocks.filter((block) => block.length > 0 && block.length <= 256)
}

rmSync(corpus, { recursive: true, force: true })
let seed = 1
for (const [name, conversation] of Object.entries(conversations)) {
  const { up, down, requested } = record(conversation)
  /** Requests of the client's: each by the choice of its body, then of its fields. */
  const asks = [requested, ...Array.from({ length: requested }, () => [0, 7]).flat()]
  write('http2-server', `${name}.cut`, up, [0, ...plain, ...randomBytes(40, seed++)])
  write('http2-server', `${name}.verbs`, up, [1, 0, ...plain, ...randomBytes(200, seed++)])
  write('http2-client', `${name}.cut`, down, [0, ...plain, ...asks, ...randomBytes(40, seed++)])
  write('http2-client', `${name}.verbs`, down, [
    1,
    0,
    ...plain,
    ...asks,
    ...randomBytes(200, seed++),
  ])
  if (!conversation.padding) {
    for (const [side, blocks] of [blocksOf(up, 24), blocksOf(down, 0)].entries()) {
      if (blocks.length === 0) continue
      const controls = blocks.flatMap((block) => [block.length - 1, 15])
      write('hpack', `${name}.${side === 0 ? 'up' : 'down'}`, Buffer.concat(blocks), [
        16,
        0,
        0,
        ...controls,
      ])
    }
  }
}
for (const [name, message] of Object.entries(requests)) {
  write('http1-server', name, text(message), [0, 0, 1, ...randomBytes(20, seed++)])
}
for (const [name, message] of Object.entries(responses)) {
  // A bit for each message: it answers HEAD.
  const heads = name === 'to-head' ? 2 : 0
  write('http1-client', name, text(message), [0, heads, 1, ...randomBytes(20, seed++)])
}
