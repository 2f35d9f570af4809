// node:http2, the stream API, of Node, Deno or Bun. It sends the Date field by itself.
import { createSecureServer, createServer } from 'node:http2'
import * as program from './support/program.mjs'
import { eventMessage, piece } from './support/work.mjs'

const { body, headers, maxStreams, tls, totalBytes, work } = program
const fields = Object.fromEntries(headers)
const whole = typeof body === 'string' ? Buffer.from(body) : body

let openGate = () => {}
const newGate = () => new Promise((resolve) => (openGate = resolve))
let gate = newGate()

const handlers = {
  async late(stream, { ':method': method }) {
    if (method === 'GET') {
      openGate()
      gate = newGate()
    } else {
      await gate
    }
    handlers.upload(stream)
  },
  endless(stream) {
    stream.respond({ ':status': 200, ...fields })
    const write = () => {
      while (stream.write(piece.slice()));
      stream.once('drain', write)
    }
    write()
  },
  upload(stream) {
    let length = 0
    stream.on('data', (chunk) => (length += chunk.length))
    stream.on('end', () => {
      if (stream.destroyed) return
      const text = String(length)
      stream.respond({ ':status': 200, ...fields, 'content-length': text.length })
      stream.end(text)
    })
  },
  events(stream) {
    stream.respond({ ':status': 200, ...fields })
    stream.write(eventMessage)
    const timer = setInterval(() => stream.write(eventMessage), 1000)
    stream.on('close', () => clearInterval(timer))
  },
  pending() {},
  pieces(stream) {
    let left = totalBytes
    stream.respond({ ':status': 200, ...fields })
    const write = () => {
      while (left > 0) {
        const chunk = piece.subarray(0, Math.min(piece.length, left))
        left -= chunk.length
        if (!stream.write(chunk)) break
      }
      if (left > 0) stream.once('drain', write)
      else stream.end()
    }
    write()
  },
}

function answer(stream) {
  stream.respond({ ':status': 200, ...fields, 'content-length': whole.length })
  stream.end(whole)
}

const settings = { maxConcurrentStreams: maxStreams, initialWindowSize: 1024 * 1024 }
const server = tls ? createSecureServer({ ...tls, settings }) : createServer({ settings })
const handler = handlers[work] ?? answer
server.on('stream', (stream, request) => {
  stream.on('error', () => {}) // a load client leaves in the middle
  handler(stream, request)
})
// As our server has by default: uploads run into the connection's window otherwise.
server.on('session', (session) => session.setLocalWindowSize?.(16 * 1024 * 1024))
server.on('sessionError', () => {})
server.listen(0, '127.0.0.1', () => program.listening(server.address().port))
