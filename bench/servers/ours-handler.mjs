// nghttp2-wasm, a handler class.
import { BaseRequestHandler, DATA_DEFERRED, DATA_EOF, DATA_OK, HTTP2Server } from 'nghttp2-wasm'
import { Engine } from 'nghttp2-wasm/engine'
import * as program from './support/program.mjs'
import { eventMessage, piece } from './support/work.mjs'

const { body, date, headers, maxStreams, tls, totalBytes, work } = program

class Answer extends BaseRequestHandler {
  onHeaders() {
    this.sendResponse({ headers: [...headers, ['date', date()]], body })
  }
}

class Upload extends BaseRequestHandler {
  #length = 0

  onData(chunk) {
    this.#length += chunk.length
  }

  onRequestDone() {
    this.sendResponse({ headers: [...headers, ['date', date()]], body: String(this.#length) })
  }
}

class Events extends BaseRequestHandler {
  #timer
  #isDue = true

  onHeaders() {
    this.sendResponse({ headers: [...headers, ['date', date()]], body: () => this.#next() })
    this.#timer = setInterval(() => {
      this.#isDue = true
      this.resume()
    }, 1000)
  }

  onClose() {
    clearInterval(this.#timer)
  }

  #next() {
    if (!this.#isDue) return [null, DATA_DEFERRED]
    this.#isDue = false
    return [eventMessage, DATA_OK]
  }
}

class Pending extends BaseRequestHandler {}

class Pieces extends BaseRequestHandler {
  #left = totalBytes

  onHeaders() {
    this.sendResponse({ headers: [...headers, ['date', date()]], body: () => this.#next() })
  }

  #next() {
    const chunk = piece.subarray(0, Math.min(piece.length, this.#left))
    this.#left -= chunk.length
    return [chunk, this.#left === 0 ? DATA_EOF : DATA_OK]
  }
}

let openGate = () => {}
const newGate = () => new Promise((resolve) => (openGate = resolve))
let gate = newGate()

class Late extends BaseRequestHandler {
  #length = 0

  onData(chunk) {
    this.#length += chunk.length
    return this.#length === chunk.length ? gate : undefined
  }

  onRequestDone() {
    if (this.method === 'GET') {
      openGate()
      gate = newGate()
    }
    this.sendResponse({ headers, body: String(this.#length) })
  }
}

class Endless extends BaseRequestHandler {
  onHeaders() {
    this.sendResponse({ headers, body: () => [piece.slice(), DATA_OK] })
  }
}

const special = {
  late: Late,
  endless: Endless,
  upload: Upload,
  events: Events,
  pending: Pending,
  pieces: Pieces,
}
const server = new HTTP2Server({ host: '127.0.0.1', port: 0 }, special[work] ?? Answer, {
  tls,
  settings: { maxConcurrentStreams: maxStreams },
})
const { port } = await server.listen()
program.listening(port, () => Engine.shared().memoryUsage())
