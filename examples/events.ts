// Server-sent events: a response that goes on for as long as a client listens. HTTP/2 lets a page have many
// of them on one connection. The same file runs on all three runtimes:
//
//   deno run -A events.ts      bun events.ts      node events.ts (from 22.18 on)
//
//   curl --no-buffer --http2-prior-knowledge http://127.0.0.1:8080/events
//
// Options: --port 8080  --cert cert.pem --key key.pem. Browsers speak HTTP/2 over TLS only.
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { serve } from 'nghttp2-wasm'

const page = `<!doctype html><title>Events</title><ol id=list></ol><script>
  new EventSource('/events').addEventListener('tick', ({ data }) => {
    list.append(Object.assign(document.createElement('li'), { textContent: data }))
  })
</script>`

/** An event each second, from the one that the client has not seen. */
function ticks(first: number): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let timer: ReturnType<typeof setInterval>
  let id = first
  return new ReadableStream({
    start(controller) {
      const tick = (): void => {
        const time = new Date().toISOString()
        controller.enqueue(encoder.encode(`event: tick\nid: ${id++}\ndata: ${time}\n\n`))
      }
      tick()
      timer = setInterval(tick, Number(process.env.INTERVAL ?? 1000))
    },
    // The client has gone.
    cancel() {
      clearInterval(timer)
      console.log('one listener less')
    },
  })
}

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8080' },
    cert: { type: 'string' },
    key: { type: 'string' },
  },
})
const tls =
  values.cert && values.key
    ? { cert: readFileSync(values.cert, 'utf8'), key: readFileSync(values.key, 'utf8') }
    : null

const server = serve({
  hostname: '127.0.0.1',
  port: Number(values.port),
  tls,
  gracefulShutdown: true,
  timeouts: { shutdown: 2000 }, // events never end by themselves
  fetch(request) {
    if (new URL(request.url).pathname !== '/events') {
      return new Response(page, { headers: { 'content-type': 'text/html; charset=utf-8' } })
    }
    const seen = Number(request.headers.get('last-event-id') ?? 0)
    return new Response(ticks(seen + 1), {
      headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
    })
  },
})

await server.ready()
console.log(`Listening on ${server.url} on ${server.runtime}`)
