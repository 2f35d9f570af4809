// Cost of received bytes: kinds of header blocks and of frames, valid and hostile, each per byte on the wire. The
// greatest of these costs is the bound on the cost of a client.
import { Session } from 'nghttp2-wasm/engine'
import { HDInflater } from 'nghttp2-wasm/hpack'

const none = 0xffff_ffff
/** Budgets that would end a session during a measurement are raised. A name with a star costs a token of a budget. */
const patient = { streamResetBurst: none, glitchBurst: none, maxOutboundAcks: none }
const endStream = 0x1
const endHeaders = 0x4
const frames = { data: 0, headers: 1, settings: 4, ping: 6, windowUpdate: 8, continuation: 9 }

const bytes = (...parts) => Uint8Array.from(parts.flatMap((part) => Array.from(part)))
const times = (count, ...pattern) => bytes(...Array.from({ length: count }, () => pattern))
const characters = (text) => Array.from(text, (c) => c.charCodeAt(0))

function frame(type, flags, streamId, payload) {
  const { length } = payload
  const head = [length >> 16, (length >> 8) & 255, length & 255, type, flags]
  const id = [streamId >>> 24, (streamId >> 16) & 255, (streamId >> 8) & 255, streamId & 255]
  return bytes(head, id, payload)
}

/** An HPACK string of `length` bytes, plain. */
function string(length, character = 'v') {
  const text = times(length, character.charCodeAt(0))
  if (length < 127) return bytes([length], text)
  const rest = length - 127
  return bytes(rest < 128 ? [127, rest] : [127, (rest & 127) | 128, rest >> 7], text)
}

const hello = bytes(
  characters('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
  frame(frames.settings, 0, 0, []),
)
/** GET, http, / and an authority of one byte, which stays out of the table. */
const request = [0x82, 0x86, 0x84, 0x01, 1, 0x78]
const newest = 0xbe
const literal = bytes([0x00], string(1, 'a'), string(10))
const longValue = bytes([0x40], string(1, 'x'), string(3900))
const longName = bytes([0x40], string(3900, 'x'), string(1))

/** Blocks of requests; `first` is a block that comes before, `most` is how many a session takes. */
const blocks = {
  'four fields': { block: request },
  '100 literals': { block: bytes(request, times(100, ...literal)) },
  '100 literals that go into the table': {
    block: bytes(request, times(100, 0x40, ...string(1, 'a'), ...string(1))),
  },
  'a literal of 16 kB': { block: bytes(request, [0x00], string(1, 'a'), string(16_000)) },
  'a literal of 16 kB, Huffman': {
    block: bytes(request, [0x00], string(1, 'a'), [0xff, 0x81, 0x7c], times(16_000, 0x1f)),
  },
  '100 references, short': { block: bytes(request, times(100, 0x90)) },
  '2 references, 3.9 kB values': { first: longValue, block: bytes(request, times(2, newest)) },
  '16 references, 3.9 kB values *': {
    first: longValue,
    block: bytes(request, times(16, newest)),
  },
  '16 references, 3.9 kB names *': { first: longName, block: bytes(request, times(16, newest)) },
  '64 references, 3.9 kB: truncated *': {
    first: longValue,
    block: bytes(request, times(64, newest)),
  },
  '500 references, short: truncated *': { block: bytes(request, times(500, 0x90)) },
  '16,000 references, 3.9 kB: ends it': {
    first: longValue,
    block: bytes(request, times(16_000, newest)),
    most: 1,
  },
  '16,000 references, short: ends it': {
    block: bytes(request, times(16_000, 0x90)),
    most: 1,
  },
  '16,000 table size updates': { block: bytes(times(16_000, 0x20), request) },
  'malformed, then 16,000 references *': {
    first: longValue,
    block: bytes(request, [0x00], string(1, 'A'), string(1), times(16_000, newest)),
  },
  'on a closed stream, 16,000 references': {
    first: longValue,
    block: bytes(request, times(16_000, newest)),
    closed: true,
  },
}

/** Frames on a connection with a hundred open streams. */
const others = {
  'DATA of no bytes': frame(frames.data, 0, 1, []),
  'DATA of a byte': frame(frames.data, 0, 1, [1]),
  WINDOW_UPDATE: frame(frames.windowUpdate, 0, 1, [0, 0, 0, 1]),
  'PING ack': frame(frames.ping, 1, 0, times(8, 0)),
  'SETTINGS, windows of 100 streams': frame(frames.settings, 0, 0, [0, 4, 0, 0, 255, 255]),
  'an unknown frame': frame(0xf1, 0, 0, []),
}

/** A sink that ignores everything. */
const sink = new Proxy({}, { get: () => () => {} })

function serving() {
  const server = Session.server({ limits: patient, settings: { maxConcurrentStreams: 1000 } })
  server.feed(hello, sink)
  server.bytesToSend()
  return server
}

function blockRound({ first, block, most = 50, closed }) {
  const server = serving()
  if (first)
    server.feed(frame(frames.headers, endStream | endHeaders, 1, bytes(request, first)), sink)
  if (closed) {
    server.feed(frame(frames.headers, endHeaders, 3, request), sink)
    server.submitRstStream(3)
    server.bytesToSend()
  }
  // Frames of 16 KiB, the rest in CONTINUATION.
  const wire = (id) =>
    block.length <= 16_384
      ? frame(frames.headers, endStream | endHeaders, id, block)
      : bytes(
          frame(frames.headers, endStream, id, block.slice(0, 16_384)),
          frame(frames.continuation, endHeaders, id, block.slice(16_384)),
        )
  const chunks = Array.from({ length: most }, (_, i) => wire(closed ? 3 : 5 + 2 * i))
  return { server, chunks }
}

function frameRound(bytesOfFrame) {
  const server = serving()
  for (let id = 1; id < 200; id += 2) {
    server.feed(frame(frames.headers, endHeaders, id, bytes([0x83], request.slice(1))), sink)
  }
  return { server, chunks: Array.from({ length: 20 }, () => times(50, ...bytesOfFrame)), each: 50 }
}

/** Nanoseconds of a block or frame, the median of rounds, and how many bytes it has. */
function measure(makeRound, milliseconds) {
  const samples = []
  let length = 0
  const end = performance.now() + milliseconds
  for (let round = 0; round < 5 || performance.now() < end; round++) {
    const { server, chunks, each = 1 } = makeRound()
    const start = performance.now()
    for (const chunk of chunks) server.feed(chunk, sink)
    samples.push(((performance.now() - start) * 1e6) / chunks.length / each)
    length = chunks[0].length / each
    server.dispose()
  }
  samples.sort((a, b) => a - b)
  return { median: samples[samples.length >> 1], least: samples[0], bytes: length }
}

/** HPACK alone, without limits. */
function inflaterRound() {
  const inflater = new HDInflater()
  inflater.inflate(longValue)
  const server = { feed: (block) => inflater.inflate(block), dispose: () => inflater.dispose() }
  return { server, chunks: Array.from({ length: 5 }, () => times(16_000, newest)) }
}

/** Rows of `{ name, median, least, bytes }`. */
export function measureWire(milliseconds) {
  const rows = []
  for (const [name, kind] of Object.entries(blocks)) {
    rows.push({ name: `block: ${name}`, ...measure(() => blockRound(kind), milliseconds) })
  }
  for (const [name, kind] of Object.entries(others)) {
    rows.push({ name: `frame: ${name}`, ...measure(() => frameRound(kind), milliseconds) })
  }
  rows.push({
    name: 'HDInflater: 16,000 references, 3.9 kB',
    ...measure(inflaterRound, milliseconds),
  })
  return rows
}
