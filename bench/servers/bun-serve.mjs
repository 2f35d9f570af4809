// Bun.serve: native code. With HTTP/2, except where HTTP/1.1 is what is measured.
import { fetchHandler } from './support/fetch-handler.mjs'
import * as program from './support/program.mjs'

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  http2: !program.isHTTP1,
  idleTimeout: 0,
  ...(program.tls && { tls: program.tls }),
  fetch: fetchHandler(Response, { sendsLength: true }),
})
program.listening(server.port)
