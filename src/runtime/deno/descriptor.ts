/** A listening socket that Deno was handed, in cleartext: `node:net` takes it. */
import type { Acceptor, Listening, ListenOptions } from '../../transport/transport.ts'
import { DenoNodeTransport } from './node-transport.ts'
import { listenOn, plainServer } from '../node/listener.ts'

export function listenOnDescriptor(options: ListenOptions, acceptor: Acceptor): Promise<Listening> {
  return listenOn(plainServer(acceptor, DenoNodeTransport), options, acceptor)
}
