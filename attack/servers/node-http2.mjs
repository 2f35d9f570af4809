// node:http2 in cleartext.
import { createServer } from 'node:http2'
import { Readable } from 'node:stream'
import { count, listening } from './support/program.mjs'
import { pieces, small } from './support/work.mjs'

const server = createServer()
server.on('stream', (stream, headers) => {
  count()
  stream.on('error', () => {}) // its client has left
  const url = new URL(headers[':path'] ?? '/', 'http://localhost')
  if (url.pathname === '/read') {
    read(stream)
    return
  }
  stream.respond({ ':status': 200 })
  if (url.pathname === '/download') {
    const body = Readable.from(pieces(Number(url.searchParams.get('size'))))
    stream.on('close', () => body.destroy())
    body.pipe(stream)
  } else stream.end(small)
})
server.on('sessionError', () => {})
server.listen(0, '127.0.0.1', () => listening(server.address().port))

function read(stream) {
  const chunks = []
  stream.on('data', (chunk) => chunks.push(chunk))
  stream.on('end', () => {
    stream.respond({ ':status': 200 })
    stream.end(String(Buffer.concat(chunks).length))
  })
}
