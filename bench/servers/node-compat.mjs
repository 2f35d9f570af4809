// node:http2, the API that resembles node:http. It sends the Date field by itself.
import { createSecureServer, createServer } from 'node:http2'
import * as program from './support/program.mjs'

const { body, headers, tls } = program
const fields = Object.fromEntries(headers)
const whole = typeof body === 'string' ? Buffer.from(body) : body

const server = tls ? createSecureServer(tls) : createServer()
server.on('request', (request, response) => {
  response.writeHead(200, { ...fields, 'content-length': whole.length })
  response.end(whole)
})
server.on('sessionError', () => {})
server.listen(0, '127.0.0.1', () => program.listening(server.address().port))
