import type { HTTP2Server } from '../../src/server/handler/http2-server.ts'
import type { Acceptor, Runtime, Transport, TransportSink } from '../../src/transport/transport.ts'

/** A connection whose transport the test controls: it handles writes, and delivers bytes. */
export interface HandTransport {
  readonly server: HTTP2Server
  readonly transport: Transport
  readonly sink: TransportSink
}

/** Lets the server that `make` makes listen, and connects to it; `write` is what its transport does with chunks. */
export async function connectByHand(
  make: (runtime: Runtime) => HTTP2Server,
  write: (chunks: readonly Uint8Array[]) => boolean,
): Promise<HandTransport> {
  let acceptor!: Acceptor
  const address = { host: 'memory', port: 1 }
  const server = make({
    name: 'memory',
    listen: async (_options, given) => {
      acceptor = given
      return { address, reusesReadBuffer: false, close: async () => {} }
    },
  })
  await server.listen()
  const transport: Transport = {
    remoteAddress: { host: 'memory', port: 2 },
    localAddress: address,
    tls: null,
    write: (bytes) => write([bytes]),
    writev: write,
    pause() {},
    resume() {},
    end() {},
    destroy: () => sink.onClose(null),
  }
  const sink = acceptor.onConnection(transport)
  return { server, transport, sink }
}
