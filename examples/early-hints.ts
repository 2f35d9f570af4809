// 103 Early Hints (RFC 8297): while the server makes the page, the browser fetches the resources of the page.
// The same file runs on all three runtimes:
//
//   deno run -A early-hints.ts      bun early-hints.ts      node early-hints.ts (from 22.18 on)
//
//   curl -v --http2-prior-knowledge http://127.0.0.1:8080/
//
// Options: --port 8080  --cert cert.pem --key key.pem. Browsers speak HTTP/2 over TLS only. The network panel of
// Chromium names "early-hints" as the initiator of the requests for style.css and app.js.
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { serve } from 'nghttp2-wasm'

const files: Readonly<Record<string, readonly [type: string, text: string]>> = {
  '/style.css': ['text/css', 'body { font: 2rem sans-serif }'],
  '/app.js': ['text/javascript', 'document.title += " and running"'],
}

/** Data of the page, from a slow source. */
async function render(): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 500))
  return `<!doctype html><title>Ready</title>
<link rel=stylesheet href=/style.css><body><script src=/app.js></script><p>Hello`
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
  async fetch(request, info) {
    const { pathname } = new URL(request.url)
    const file = files[pathname]
    if (file) {
      const [type, text] = file
      // A browser keeps preloaded resources in its cache until the page uses them: one with no-store is fetched twice.
      const headers = { 'content-type': type, 'cache-control': 'max-age=60' }
      return new Response(text, { headers })
    }
    if (pathname !== '/') return new Response('There is nothing here.\n', { status: 404 })

    const link = ['</style.css>; rel=preload; as=style', '</app.js>; rel=preload; as=script']
    info.informational(103, { link })
    const page = await render()
    return new Response(page, {
      headers: { 'content-type': 'text/html; charset=utf-8', link: link.join(', ') },
    })
  },
})

await server.ready()
console.log(`Listening on ${server.url} on ${server.runtime}`)
