// Bun.serve: HTTP/2 and HTTP/1.1 on one port.
import { fetchHandler } from './support/fetch-handler.mjs'
import { listening } from './support/program.mjs'

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  http2: true,
  error: () => new Response(null, { status: 500 }), // a client left in the middle
  fetch: fetchHandler((request) => void server.upgrade(request)),
  websocket: {
    perMessageDeflate: true,
    message: (socket, data) => void socket.send(data),
  },
})
listening(server.port)
