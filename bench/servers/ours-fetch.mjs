// nghttp2-wasm, a fetch handler that answers with the runtime's own `Response`.
// oxlint-disable-next-line import/no-unassigned-import -- `Response` is taken before serve() would replace it
import 'nghttp2-wasm/globals'
import { serve } from 'nghttp2-wasm'
import { fetchHandler } from './support/fetch-handler.mjs'
import * as program from './support/program.mjs'

const server = serve({
  hostname: '127.0.0.1',
  port: 0,
  tls: program.tls,
  settings: { maxConcurrentStreams: program.maxStreams },
  fetch: fetchHandler(Response, { sendsLength: true }),
})
await server.ready()
program.listening(server.port, () => server.stats().memory)
