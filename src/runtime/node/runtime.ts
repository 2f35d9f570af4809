/** Node: `node:net`, and `node:tls` in a separate file. */
import type { Acceptor, Listening, ListenOptions, Runtime } from '../../transport/transport.ts'
import { Handshakes } from '../shared/handshakes.ts'
import { listenOn, plainServer } from './listener.ts'
import { onShutdownSignal } from '../shared/signals.ts'

export const nodeRuntime: Runtime = {
  name: 'node',
  listen,
  onShutdownSignal,
  atEndOfTurn: setImmediate,
}

async function listen(options: ListenOptions, acceptor: Acceptor): Promise<Listening> {
  if (!options.tls) return listenOn(plainServer(options, acceptor), options, acceptor)
  // node:tls takes as long to load as all other modules together.
  const { tlsServer } = await import('./tls.ts')
  const handshakes = new Handshakes()
  const { settled } = handshakes
  return {
    ...(await listenOn(tlsServer(options, acceptor, handshakes), options, acceptor)),
    settled,
  }
}
