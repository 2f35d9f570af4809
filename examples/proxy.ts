// A forward proxy: CONNECT makes a tunnel of a stream (RFC 9113 §8.5), here to places on a list and nowhere else.
// The same file runs on all three runtimes:
//
//   deno run -A proxy.ts      bun proxy.ts      node proxy.ts (from 22.18 on)
//
// Options: --allow example.com:443 (any number of times)  --port 8080  --cert cert.pem --key key.pem
//
//   curl --proxy-http2 --proxy https://127.0.0.1:8080 --proxy-insecure https://example.com/
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { parseArgs } from 'node:util'
import { type FetchInfo, serve } from 'nghttp2-wasm'

const { values } = parseArgs({
  options: {
    allow: { type: 'string', multiple: true, default: ['example.com:443'] },
    port: { type: 'string', default: '8080' },
    cert: { type: 'string' },
    key: { type: 'string' },
  },
})
const allowed = new Set(values.allow)

/** A connection to `host:port`; `null` when there is none to be had. */
async function dial(authority: string): Promise<Socket | null> {
  const [, host, port] = /^\[?(.*?)\]?:(\d+)$/.exec(authority)!
  const socket = connect({ host: host!, port: Number(port), allowHalfOpen: true })
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(10_000) })
    return socket
  } catch {
    socket.destroy()
    return null
  }
}

async function fetch(_request: Request, info: FetchInfo): Promise<Response | undefined> {
  const { connect: tunnel } = info
  if (!tunnel || tunnel.protocol !== undefined)
    return new Response('a proxy: CONNECT\n', { status: 405 })
  if (!allowed.has(tunnel.authority)) return new Response('not from here\n', { status: 403 })
  const socket = await dial(tunnel.authority)
  if (!socket) return new Response('nobody there\n', { status: 502 })

  const { readable, writable } = tunnel.accept()
  const target = Duplex.toWeb(socket) as { readable: typeof readable; writable: typeof writable }
  // Each way ends by itself; where one fails, pipeTo() lets the others know.
  const ways = [readable.pipeTo(target.writable), target.readable.pipeTo(writable)]
  const outcomes = await Promise.allSettled(ways)
  console.log(tunnel.authority, ...outcomes.map(({ status }) => status))
  return undefined
}

const server = serve({
  hostname: '127.0.0.1',
  port: Number(values.port),
  tls:
    values.cert && values.key
      ? { cert: readFileSync(values.cert, 'utf8'), key: readFileSync(values.key, 'utf8') }
      : null,
  gracefulShutdown: true,
  fetch,
})

await server.ready()
console.log(`Listening on ${server.url} on ${server.runtime}, for ${[...allowed].join(', ')}`)
