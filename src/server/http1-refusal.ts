import type { Transport } from './transport.ts'

const preface = 'PRI '
const methods = /^(?:GET|HEAD|POST|PUT|DELETE|OPTIONS|TRACE|PATCH|CONNECT) /

const refusal = new TextEncoder().encode(
  'HTTP/1.1 505 HTTP Version Not Supported\r\n' +
    'content-type: text/plain\r\ncontent-length: 30\r\nconnection: close\r\n\r\n' +
    'This server speaks HTTP/2 only',
)

/** Answers a client that speaks HTTP/1.1 in words it understands. False: it does not. */
export function refuseHttp1(firstBytes: Uint8Array, transport: Transport): boolean {
  const start = String.fromCharCode(...firstBytes.subarray(0, 8))
  if (start.startsWith(preface) || !methods.test(start)) return false
  transport.writev([refusal])
  return true
}
