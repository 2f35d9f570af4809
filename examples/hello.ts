// A server that answers every request and pushes one more resource with it. The same file runs on
// all three runtimes once the package is installed:
//
//   deno run -A hello.ts      bun hello.ts      node hello.ts (from 22.18 on)
//
// Options: --host 127.0.0.1  --port 8080  and for TLS  --cert cert.pem --key key.pem
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { BaseRequestHandler, HTTP2Server } from 'nghttp2-wasm'

class Handler extends BaseRequestHandler {
  override onHeaders(): void {
    this.push({ path: '/push', body: 'pushed content' }) // before sendResponse
    this.sendResponse({
      status: 200,
      headers: [['content-type', 'text/plain']],
      body: 'nghttp2 FTW\n',
    })
  }
}

const { values } = parseArgs({
  options: {
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: '8080' },
    cert: { type: 'string' },
    key: { type: 'string' },
  },
})
const tls =
  values.cert && values.key
    ? { cert: readFileSync(values.cert, 'utf8'), key: readFileSync(values.key, 'utf8') }
    : null

const server = new HTTP2Server({ host: values.host, port: Number(values.port) }, Handler, { tls })
const { host, port } = await server.listen()
const url = `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}/`
const curl = tls ? 'curl -k' : 'curl --http2-prior-knowledge'
console.log(`Listening on ${url}  Try: nghttp -nv ${url}  or: ${curl} ${url}`)

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => void server.close({ graceful: true }))
}
await server.serveForever()
