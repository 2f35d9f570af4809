// Fixed frames on node:net, for HTTP/2: the limit of Node's socket.
import { createServer } from 'node:net'
import { connection, greeting } from './support/frames.mjs'
import * as program from './support/program.mjs'

const server = createServer({ noDelay: true }, (socket) => {
  const { read, close } = connection((bytes) => socket.write(bytes))
  socket.on('error', () => {})
  socket.on('close', close)
  socket.write(greeting)
  socket.on('data', (chunk) => {
    const out = read(chunk)
    if (out) socket.write(out)
  })
})
server.listen(0, '127.0.0.1', () => program.listening(server.address().port))
