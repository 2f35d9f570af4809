/** Listens on a socket by its file descriptor, in cleartext, with `node:net`. */
import type { Acceptor, Listening, ListenOptions } from '../../transport/transport.ts'
import { DenoNodeTransport } from './node-transport.ts'
import { listenOn, plainServer } from '../node/listener.ts'

export function listenOnDescriptor(options: ListenOptions, acceptor: Acceptor): Promise<Listening> {
  return listenOn(plainServer(options, acceptor, DenoNodeTransport), options, acceptor)
}
