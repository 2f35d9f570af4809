// nghttp2-wasm with its default options.
import { serve, upgradeWebSocket } from 'nghttp2-wasm'
import { echo, fetchHandler } from './support/fetch-handler.mjs'
import { listening } from './support/program.mjs'

const handler = fetchHandler((request) => {
  const { socket, response } = upgradeWebSocket(request)
  echo(socket)
  return response
})

const server = serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch: handler,
  onError() {}, // the errors of clients
})
await server.ready()
listening(server.port)
