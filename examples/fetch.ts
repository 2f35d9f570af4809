// A fetch handler over HTTP/2. The same file runs on all three runtimes once the package is installed:
//
//   deno run -A fetch.ts      bun fetch.ts      node fetch.ts (from 22.18 on)
//
//   curl --http2-prior-knowledge http://127.0.0.1:8080/
//   curl --http2-prior-knowledge http://127.0.0.1:8080/echo -d 'some text'
import process from 'node:process'
import { serve } from 'nghttp2-wasm'

const server = serve({
  hostname: '127.0.0.1',
  port: Number(process.env.PORT ?? 8080),
  gracefulShutdown: true, // SIGINT and SIGTERM: open streams finish
  async fetch(request, info) {
    const { pathname, searchParams } = new URL(request.url)
    switch (`${request.method} ${pathname}`) {
      case 'GET /':
        return new Response(`Hello, ${searchParams.get('name') ?? 'World'}\n`)
      case 'POST /echo':
        // Both bodies are streams: the request's body is sent back as fast as the client reads.
        return new Response(request.body)
      case 'POST /sum': {
        const numbers = (await request.json()) as number[]
        return Response.json({ sum: numbers.reduce((sum, number) => sum + number, 0) })
      }
      case 'GET /connection': {
        const { remoteAddress, streamId, session } = info
        const roundTrip = await session?.ping()
        return Response.json({ remoteAddress, streamId, roundTrip, stats: session?.stats() })
      }
      default:
        return new Response('There is nothing here.\n', { status: 404 })
    }
  },
  error: (error) => Response.json({ error: (error as Error).name }, { status: 500 }),
})

await server.ready()
console.log(`Listening on ${server.url} on ${server.runtime}`)
