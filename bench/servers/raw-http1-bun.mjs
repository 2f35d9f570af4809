// Fixed responses on Bun.listen, for HTTP/1.1: the limit of Bun's socket.
import { reader } from './support/http1.mjs'
import * as program from './support/program.mjs'
import { writeKept, writeOrKeep } from './support/write-all.mjs'

const listener = Bun.listen({
  hostname: '127.0.0.1',
  port: 0,
  socket: {
    open(socket) {
      socket.data = { read: reader(), waiting: [] }
      socket.setNoDelay(true)
    },
    data(socket, chunk) {
      const { read, waiting } = socket.data
      const out = read(chunk)
      if (out) writeOrKeep(socket, waiting, out)
    },
    drain(socket) {
      writeKept(socket, socket.data.waiting)
    },
    error() {},
  },
})
program.listening(listener.port)
