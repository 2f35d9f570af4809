// 103 Early Hints (RFC 8297): the page takes its time, and the browser fetches meanwhile what it will need.
// The same file runs on all three runtimes:
//
//   deno run -A early-hints.ts      bun early-hints.ts      node early-hints.ts (from 22.18 on)
//
//   curl -v --http2-prior-knowledge http://127.0.0.1:8080/
import process from 'node:process'
import { serve } from 'nghttp2-wasm'

const files: Readonly<Record<string, readonly [type: string, text: string]>> = {
  '/style.css': ['text/css', 'body { font: 2rem sans-serif }'],
  '/app.js': ['text/javascript', 'document.title += " and running"'],
}

/** What the page is made of comes from somewhere slow. */
async function render(): Promise<string> {
  await new Promise((resolve) => setTimeout(resolve, 200))
  return `<!doctype html><title>Ready</title>
<link rel=stylesheet href=/style.css><script src=/app.js></script><p>Hello`
}

const server = serve({
  hostname: '127.0.0.1',
  port: Number(process.env.PORT ?? 8080),
  gracefulShutdown: true,
  async fetch(request, info) {
    const { pathname } = new URL(request.url)
    const file = files[pathname]
    if (file) return new Response(file[1], { headers: { 'content-type': file[0] } })
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
