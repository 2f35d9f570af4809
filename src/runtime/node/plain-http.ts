import type { TLSSocket } from 'node:tls'

const body = 'This port speaks HTTPS: use https:// instead of http://\n'
const response =
  'HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\n' +
  `content-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`

/** A TLS socket, with the TCP socket below it where Node has it. */
interface Layered {
  readonly _parent?: { readonly end?: (text: string) => void } | null
}

/** Answers a client whose handshake failed because it sent HTTP without TLS. False: the client cannot be answered. */
export function answerPlainHttp(error: NodeJS.ErrnoException, socket: TLSSocket): boolean {
  if (error.code !== 'ERR_SSL_HTTP_REQUEST') return false
  const below = (socket as Layered)._parent
  if (typeof below?.end !== 'function') return false
  below.end(response)
  return true
}
