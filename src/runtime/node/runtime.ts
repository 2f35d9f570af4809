/** Node: `node:net`, and `node:tls` in a separate file. */
import type { Acceptor, Listening, ListenOptions, Runtime } from '../../transport/transport.ts'
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
  const { listenTls } = await import('./tls.ts')
  return listenTls(options, acceptor)
}
