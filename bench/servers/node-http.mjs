// node:http. It sends the fields Date, Connection and Keep-Alive by itself.
import { createServer } from 'node:http'
import * as program from './support/program.mjs'

const { body, headers, work } = program
const fields = Object.fromEntries(headers)
const whole = typeof body === 'string' ? Buffer.from(body) : body

function upload(request, response) {
  let length = 0
  request.on('data', (chunk) => (length += chunk.length))
  request.on('end', () => {
    const text = String(length)
    response.writeHead(200, { ...fields, 'content-length': text.length })
    response.end(text)
  })
}

function answer(request, response) {
  response.writeHead(200, { ...fields, 'content-length': whole.length })
  response.end(whole)
}

// Idle connections stay open for as long as they are measured.
const server = createServer({ keepAliveTimeout: 600_000 }, work === 'upload' ? upload : answer)
server.on('clientError', (error, socket) => socket.destroy())
server.listen(0, '127.0.0.1', () => program.listening(server.address().port))
