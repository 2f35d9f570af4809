/** Suites that run once for each protocol: two protocols, one behaviour. */
import { describe } from 'vitest'
import { Http1Client } from './http1-client.ts'
import type { Client, ClientStream, RequestInit } from './server-client.ts'
import type { TestServer } from './server.ts'

export type Protocol = 'HTTP/1.1' | 'HTTP/2'

/** A client of either protocol. */
export interface ProtocolClient
  extends Pick<Client, 'get' | 'request' | 'pushes'>, AsyncDisposable {
  open(path: string, init?: RequestInit, endStream?: boolean): ClientStream
}

/** A server, and the client of one protocol. */
export interface ProtocolServer<Server extends TestServer = TestServer> {
  readonly server: Server
  readonly protocol: Protocol
  /** A client that sends requests and reads answers; `port`: of another server of the program. */
  connect(port?: number): Promise<ProtocolClient>
}

/** A suite for each of the two protocols, of one that is for a server. */
export function forProtocols<Server extends TestServer>(
  suite: (server: ProtocolServer<Server>) => void,
): (server: Server) => void {
  return (server) => {
    describe('HTTP/2', () => {
      const connect = (port = server.port): Promise<ProtocolClient> => server.connect({ port })
      suite({ server, protocol: 'HTTP/2', connect })
    })
    // TLS is the transport's: one of the two protocols shows that all of it holds.
    if (server.certificate) return
    describe('HTTP/1.1', () => {
      const connect = async (port = server.port): Promise<ProtocolClient> =>
        new Http1Client({ port })
      suite({ server, protocol: 'HTTP/1.1', connect })
    })
  }
}
