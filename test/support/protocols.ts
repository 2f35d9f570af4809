/** Suites that run once for each protocol: two protocols, one behaviour. */
import { constants } from 'node:http2'
import { describe } from 'vitest'
import { Http1Client } from './http1-client.ts'
import { END_HEADERS, END_STREAM, RawClient, requestFields, Type } from './raw-client.ts'
import { get, post, RawHttp1 } from './raw-http1.ts'
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

/** A request by hand: Node's client of HTTP/2 ends the body of what it leaves, and says goodbye. */
export interface RawRequest extends AsyncDisposable {
  /** Bytes of the response's body have come. */
  responds(): Promise<unknown>
  /** The client wants no answer any more: RST_STREAM, or a reset of the connection of HTTP/1.1. */
  leave(): void
  /** The connection is lost. */
  lose(): void
}

/** A GET, or a POST with a body of which only a part comes. */
export async function requestByHand(
  { server, protocol }: Pick<ProtocolServer, 'server' | 'protocol'>,
  method: 'GET' | 'POST',
  path: string,
): Promise<RawRequest> {
  const isPost = method === 'POST'
  if (protocol === 'HTTP/2') {
    const client = await RawClient.connect(server)
    client.headers(1, requestFields(method, path), isPost ? END_HEADERS : END_HEADERS | END_STREAM)
    if (isPost) client.data(1, 'a part')
    return {
      responds: () => client.nextOf(Type.DATA, 1),
      leave: () => client.reset(1, constants.NGHTTP2_CANCEL),
      lose: () => void client.socket.destroy(),
      [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
    }
  }
  const client = await RawHttp1.open(server.port)
  client.send(isPost ? post(path, 'a part').replace('Length: 6', 'Length: 100') : get(path))
  // FIN alone is no farewell: the server answers what came before it.
  const leave = (): void => void client.socket.resetAndDestroy()
  return {
    responds: () => client.until(/\r\n\r\n[^]/),
    leave,
    lose: leave,
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
