// Fixed frames on Bun.listen, for HTTP/2: the limit of Bun's socket.
import { connection, greeting } from './support/frames.mjs'
import * as program from './support/program.mjs'
import { writeKept, writeOrKeep } from './support/write-all.mjs'

const listener = Bun.listen({
  hostname: '127.0.0.1',
  port: 0,
  socket: {
    open(socket) {
      socket.data = { ...connection((bytes) => write(socket, bytes)), waiting: [] }
      socket.setNoDelay(true)
      write(socket, greeting)
    },
    data(socket, chunk) {
      const out = socket.data.read(chunk)
      if (out) write(socket, out)
    },
    drain(socket) {
      writeKept(socket, socket.data.waiting)
    },
    close(socket) {
      socket.data.close()
    },
    error() {},
  },
})
program.listening(listener.port)

function write(socket, bytes) {
  writeOrKeep(socket, socket.data.waiting, bytes)
}
