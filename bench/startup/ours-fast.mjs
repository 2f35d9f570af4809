import { FastResponse, serve } from 'nghttp2-wasm'

const fetch = () => new FastResponse('hello')
const server = serve({ hostname: '127.0.0.1', port: 0, fetch })
await server.ready()
console.log(`listening ${server.port}`)
