/** Suites that run once for each protocol: two protocols, one behaviour. */
import { constants } from 'node:http2'
import { describe } from 'vitest'
import { Http1Client } from './http1-client.ts'
import { RawClient, requestFields } from './raw-client.ts'
import { post, RawHttp1 } from './raw-http1.ts'
import type { Answer, Client, ClientStream, RequestInit } from './server-client.ts'
import { describeServers, type Security, type TestServer } from './server.ts'

export type Protocol = 'HTTP/1.1' | 'HTTP/2'

/** A client of either protocol. */
export interface ProtocolClient
  extends Pick<Client, 'get' | 'request' | 'pushes' | 'localPort'>, AsyncDisposable {
  open(path: string, init?: RequestInit, endStream?: boolean): ClientStream
}

/** A server, and the client of one protocol. */
export interface ProtocolServer<Server extends TestServer = TestServer> {
  readonly server: Server
  readonly protocol: Protocol
  /** A client that sends requests and reads answers; `port`: of another server of the program. */
  connect(port?: number): Promise<ProtocolClient>
}

/** The code of a response that ends too early: that of RST_STREAM, or 1 for a connection of HTTP/1.1. */
export function cutOff(protocol: Protocol, errorCode: number): number {
  return protocol === 'HTTP/2' ? errorCode : 1
}

/** The answer where there is no response: RST_STREAM; HTTP/1.1 has none, and a status takes its place. */
export function refused(protocol: Protocol, errorCode: number, status = 500): Partial<Answer> {
  return protocol === 'HTTP/2' ? { status: 0, errorCode } : { status, errorCode: 0 }
}

/** A client whose request goes on until it leaves; by hand, because Node's client ends the body of what it leaves. */
export async function beginUpload(
  server: TestServer,
  protocol: Protocol,
  path: string,
): Promise<AsyncDisposable & { leave(): void }> {
  if (protocol === 'HTTP/2') {
    const client = await RawClient.connect(server)
    client.headers(1, requestFields('POST', path))
    client.data(1, 'a part')
    return {
      leave: () => client.reset(1, constants.NGHTTP2_CANCEL),
      [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
    }
  }
  const client = await RawHttp1.open(server.port)
  client.send(post(path, 'a part').replace('Length: 6', 'Length: 100'))
  return {
    leave: () => void client.socket.resetAndDestroy(),
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  }
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

/** A suite against the program of test/server/handler/fixture on each runtime, by each of the two protocols. */
export function describeHandlers(
  name: string,
  suite: (server: ProtocolServer) => void,
  securities?: readonly Security[],
): void {
  describeServers(name, forProtocols(suite), securities)
}
