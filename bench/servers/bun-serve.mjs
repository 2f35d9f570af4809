// Bun.serve with HTTP/2: native code.
import { fetchHandler } from './support/fetch-handler.mjs'
import * as program from './support/program.mjs'

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  http2: true,
  idleTimeout: 0,
  ...(program.tls && { tls: program.tls }),
  fetch: fetchHandler(Response, { sendsLength: true }),
})
program.listening(server.port)
