// No protocol at all, on Bun.listen: the limit of Bun's socket.
import { connection, greeting } from './support/frames.mjs'
import * as program from './support/program.mjs'

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
      const { waiting } = socket.data
      while (waiting.length > 0) {
        const written = Math.max(0, socket.write(waiting[0]))
        if (written < waiting[0].length) {
          waiting[0] = waiting[0].subarray(written)
          return
        }
        waiting.shift()
      }
    },
    close(socket) {
      socket.data.close()
    },
    error() {},
  },
})
program.listening(listener.port)

/** Bun's sockets keep nothing that the system did not take. */
function write(socket, bytes) {
  const { waiting } = socket.data
  const written = waiting.length > 0 ? 0 : Math.max(0, socket.write(bytes))
  if (written < bytes.length) waiting.push(bytes.subarray(written))
}
