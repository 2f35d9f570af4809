// Trailers: fields behind the body, for values that are known only at its end. The example sends the digest and the
// time of a response, and checks the digest of a request. The same file runs on all three runtimes:
//
//   deno run -A trailers.ts      bun trailers.ts      node trailers.ts (from 22.18 on)
//
//   nghttp -v http://127.0.0.1:8080/      curl -v --http2-prior-knowledge http://127.0.0.1:8080/
//   nghttp -v -d some-file --trailer 'content-digest: sha-256=:…:' http://127.0.0.1:8080/
import { createHash } from 'node:crypto'
import process from 'node:process'
import { type FetchInfo, serve, type ServerRequest } from 'nghttp2-wasm'

/** RFC 9530 §2 */
const field = (hash: ReturnType<typeof createHash>): string => `sha-256=:${hash.digest('base64')}:`

/** Pieces that are made while they are sent. */
async function* pieces(): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder()
  for (let i = 1; i <= 5; i++) {
    await new Promise((resolve) => setTimeout(resolve, 20))
    yield encoder.encode(`piece ${i}\n`)
  }
}

function send(info: FetchInfo): Response {
  const hash = createHash('sha256')
  const started = performance.now()
  const source = pieces()
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await source.next()
      if (done) return controller.close()
      hash.update(value)
      return controller.enqueue(value)
    },
  })
  // Called once the body has ended.
  info.setTrailers(() => ({
    'content-digest': field(hash),
    'server-timing': `body;dur=${(performance.now() - started).toFixed(1)}`,
  }))
  return new Response(body, { headers: { trailer: 'content-digest, server-timing' } })
}

async function check(request: ServerRequest): Promise<Response> {
  const hash = createHash('sha256')
  for await (const chunk of request.body!) hash.update(chunk)
  // The trailers are complete once the body was read.
  const trailers = await request.trailers
  const isRight = trailers.get('content-digest') === field(hash)
  return Response.json({ isRight }, { status: isRight ? 200 : 400 })
}

const server = serve({
  hostname: '127.0.0.1',
  port: Number(process.env.PORT ?? 8080),
  gracefulShutdown: true,
  fetch: (request, info) => (request.body ? check(request) : send(info)),
})

await server.ready()
console.log(`Listening on ${server.url} on ${server.runtime}`)
