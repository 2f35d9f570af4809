// HTTP/1.1 without the protocol: counts the ends of request heads and gives responses that were made beforehand.
// Requests have no body. The cost that remains is that of the runtime's socket.
import { body, headers } from './program.mjs'

const endOfHead = Buffer.from('\r\n\r\n')
const fields = [
  ...headers,
  ['content-length', String(body.length)],
  ['date', new Date().toUTCString()],
]
const lines = ['HTTP/1.1 200 OK', ...fields.map(([name, value]) => `${name}: ${value}`), '', '']
const response = Buffer.concat([Buffer.from(lines.join('\r\n')), Buffer.from(body)])
/** The bytes of n responses, by n. */
const responses = [undefined, response]

/** For one connection: a function from a chunk of requests to the bytes of the responses to all that ended in it. */
export function reader() {
  let rest = Buffer.alloc(0)
  return (chunk) => {
    let data = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length)
    if (rest.length > 0) data = Buffer.concat([rest, data])
    let count = 0
    let end = 0
    for (;;) {
      const at = data.indexOf(endOfHead, end)
      if (at < 0) break
      end = at + endOfHead.length
      count++
    }
    rest = end === data.length ? rest.subarray(0, 0) : Buffer.from(data.subarray(end))
    if (count > 0) responses[count] ??= Buffer.concat(Array(count).fill(response))
    return responses[count]
  }
}
