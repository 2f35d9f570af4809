// Deno.serve: HTTP/2 and HTTP/1.1 on one port.
import { echo, fetchHandler } from './support/fetch-handler.mjs'
import { listening } from './support/program.mjs'

const handler = fetchHandler((request) => {
  const { socket, response } = Deno.upgradeWebSocket(request)
  echo(socket)
  return response
})

Deno.serve(
  {
    hostname: '127.0.0.1',
    port: 0,
    onError: () => new Response(null, { status: 500 }), // a client left in the middle
    onListen: ({ port }) => listening(port),
  },
  handler,
)
