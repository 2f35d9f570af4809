// Fixed responses on node:net, for HTTP/1.1: the limit of Node's socket.
import { createServer } from 'node:net'
import { reader } from './support/http1.mjs'
import * as program from './support/program.mjs'

const server = createServer({ noDelay: true }, (socket) => {
  const read = reader()
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    const out = read(chunk)
    if (out) socket.write(out)
  })
})
server.listen(0, '127.0.0.1', () => program.listening(server.address().port))
