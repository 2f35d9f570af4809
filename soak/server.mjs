// The server of a soak: nghttp2-wasm with its default options, in cleartext and over TLS, on two ports. It prints lines of JSON:
// where it listens, its state each few seconds, and at SIGTERM its state before and after it has closed in order. What ends
// the process then is that nothing is left in it.
//
//   server <options as JSON>   { tls: { cert, key }, interval: milliseconds }
import { createHash } from 'node:crypto'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { FastResponse, serve, upgradeWebSocket } from 'nghttp2-wasm'
import { content, pieces } from './lib/content.mjs'

const { tls, interval } = JSON.parse(process.argv[2])
/** Milliseconds in which the connections of clients that have left must be gone. */
const patience = 5000

/** Errors that were reported, by source and code. */
const reports = {}

const routes = {
  '/bytes': ({ seed, size }) => new Response(content(seed, size)),
  '/stream': ({ seed, size }) => new Response(streamOf(pieces(seed, size))),
  '/drip': ({ seed, size, wait }) => new FastResponse(drip(seed, size, wait)),
  '/hash': async (_, request) => {
    const hash = createHash('sha256')
    for await (const chunk of request.body) hash.update(chunk)
    return new Response(hash.digest('hex'))
  },
  '/echo': (_, request) => new Response(request.body),
  '/websocket': (_, request) => {
    const { socket, response } = upgradeWebSocket(request)
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('message', ({ data }) => socket.send(data))
    return response
  },
}

function streamOf(iterator) {
  return new ReadableStream({
    pull(controller) {
      const { value, done } = iterator.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
  })
}

/** A piece now and then. */
async function* drip(seed, size, wait) {
  for (const piece of pieces(seed, size, 4096)) {
    await pause(wait)
    yield piece
  }
}

function fetch(request) {
  const { pathname, searchParams } = new URL(request.url)
  const numbers = Object.fromEntries([...searchParams].map(([name, value]) => [name, +value]))
  return routes[pathname](numbers, request)
}

function onError(error, { source }) {
  const what = `${source} ${error?.code ?? error?.name}`
  reports[what] = (reports[what] ?? 0) + 1
  if (source !== 'connection') console.error(error)
}

function listen(options) {
  return serve({ hostname: '127.0.0.1', port: 0, fetch, onError, ...options }).ready()
}

const servers = [await listen({}), await listen({ tls })]

function say(event) {
  const stats = servers.map((server) => server.stats())
  const sum = (name) => stats.reduce((total, one) => total + one[name], 0)
  const { heapUsed, heapTotal, external } = process.memoryUsage()
  const line = {
    event,
    heapUsed,
    heapTotal,
    external,
    linear: stats[0].memory.size,
    linearUsed: stats[0].memory.used,
    connectionsOpen: sum('connectionsOpen'),
    connectionsTotal: sum('connectionsTotal'),
    streamsOpen: sum('streamsOpen'),
    streamsTotal: sum('streamsTotal'),
    bytesReceived: sum('bytesReceived'),
    bytesSent: sum('bytesSent'),
    reports,
  }
  console.log(JSON.stringify(line))
}

const sampling = setInterval(say, interval, 'sample')

process.once('SIGTERM', async () => {
  clearInterval(sampling)
  const deadline = performance.now() + patience
  const isIdle = () => servers.every((server) => server.stats().connectionsOpen === 0)
  while (!isIdle() && performance.now() < deadline) await pause(20)
  say('drained')
  await Promise.all(servers.map((server) => server.close({ graceful: true })))
  say('closed')
})
const ports = servers.map(({ port }) => port)
console.log(JSON.stringify({ event: 'listening', ports }))
