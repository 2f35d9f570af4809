import { createServer } from 'node:http2'

const server = createServer()
server.on('stream', (stream) => {
  stream.respond({ ':status': 200 })
  stream.end('hello')
})
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`))
