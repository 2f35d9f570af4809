import { BaseRequestHandler, HTTP2Server } from 'nghttp2-wasm'

class Handler extends BaseRequestHandler {
  onHeaders() {
    this.sendResponse({ body: 'hello' })
  }
}

const { port } = await new HTTP2Server({ host: '127.0.0.1' }, Handler).listen()
console.log(`listening ${port}`)
