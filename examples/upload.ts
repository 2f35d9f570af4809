// Uploads, and their progress as events on the same connection. The body is read as it arrives; flow control keeps the
// client from sending faster than that. The same file runs on all three runtimes:
//
//   deno run -A upload.ts      bun upload.ts      node upload.ts (from 22.18 on)
//
//   curl --http2-prior-knowledge http://127.0.0.1:8080/files/a -T some-file
//   curl --no-buffer --http2-prior-knowledge http://127.0.0.1:8080/progress/a
import { createHash } from 'node:crypto'
import process from 'node:process'
import { FastResponse, serve } from 'nghttp2-wasm'

interface Upload {
  received: number
  /** The value of `content-length`, where the client sent it. */
  readonly total: number | null
  state: 'receiving' | 'complete' | 'broken'
}

const uploads = new Map<string, Upload>()

async function receive(name: string, request: Request): Promise<Response> {
  const length = request.headers.get('content-length')
  const upload: Upload = {
    received: 0,
    total: length === null ? null : Number(length),
    state: 'receiving',
  }
  uploads.set(name, upload)
  const hash = createHash('sha256')
  try {
    for await (const chunk of request.body ?? []) {
      hash.update(chunk) // an application would write to a file here
      upload.received += chunk.length
    }
    upload.state = 'complete'
    return Response.json(
      { name, bytes: upload.received, sha256: hash.digest('hex') },
      { status: 201 },
    )
  } catch (error) {
    upload.state = 'broken' // the client has gone
    throw error
  }
}

/** Lines of JSON with the progress, until the upload is over. */
async function* progress(name: string): AsyncGenerator<string> {
  for (;;) {
    const upload = uploads.get(name)
    yield `data: ${JSON.stringify(upload ?? null)}\n\n`
    if (!upload || upload.state !== 'receiving') return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

const server = serve({
  hostname: '127.0.0.1',
  port: Number(process.env.PORT ?? 8080),
  gracefulShutdown: true,
  // Uploads under way are completed.
  timeouts: { shutdown: 60_000 },
  fetch(request) {
    const [, folder, name = ''] = new URL(request.url).pathname.split('/')
    if (folder === 'files' && request.method === 'PUT') return receive(name, request)
    if (folder === 'progress') {
      return new FastResponse(progress(name), { headers: { 'content-type': 'text/event-stream' } })
    }
    return new Response('PUT /files/NAME, GET /progress/NAME\n', { status: 404 })
  },
})

await server.ready()
console.log(`Listening on ${server.url} on ${server.runtime}`)
