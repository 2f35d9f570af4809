// Deno.serve: HTTP/2 in Rust.
import { fetchHandler } from './support/fetch-handler.mjs'
import * as program from './support/program.mjs'

Deno.serve(
  {
    hostname: '127.0.0.1',
    port: 0,
    ...program.tls,
    onError: () => new Response(null, { status: 500 }), // a load client leaves in the middle
    onListen: ({ port }) => program.listening(port),
  },
  fetchHandler(Response, { sendsLength: true }),
)
