// node:http, and the package `ws` for WebSockets.
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { WebSocketServer } from 'ws'
import { count, listening } from './support/program.mjs'
import { pieces, small } from './support/work.mjs'

const server = createServer((request, response) => {
  count()
  request.on('error', () => {}) // its client has left
  response.on('error', () => {})
  const url = new URL(request.url, 'http://localhost')
  if (url.pathname === '/read') read(request, response)
  else if (url.pathname === '/download') {
    const body = Readable.from(pieces(Number(url.searchParams.get('size'))))
    response.on('close', () => body.destroy())
    body.pipe(response)
  } else response.end(small)
})
const sockets = new WebSocketServer({ server, path: '/websocket', perMessageDeflate: true })
sockets.on('connection', (socket) => {
  count()
  socket.on('error', () => {})
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
})
server.listen(0, '127.0.0.1', () => listening(server.address().port))

function read(request, response) {
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  request.on('end', () => response.end(String(Buffer.concat(chunks).length)))
}
