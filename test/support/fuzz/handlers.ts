/** The behaviours of behaviours.ts that a class of handlers can have. */
import { BaseRequestHandler, DATA_DEFERRED, DATA_EOF, DATA_OK } from '../../../src/index.ts'
import { detach, thrown, turn } from './behaviours.ts'

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(0x62)
const never = new Promise<never>(() => {})

interface Behaviour {
  headers?(handler: BaseRequestHandler): void | Promise<void>
  data?(handler: BaseRequestHandler, chunk: Uint8Array): void | Promise<void>
  done?(handler: BaseRequestHandler): void | Promise<void>
  close?(handler: BaseRequestHandler): void | Promise<void>
}

const text = (handler: BaseRequestHandler): void => handler.sendResponse({ body: 'some text' })

const behaviours: Record<string, Behaviour> = {
  '/text': { headers: text },
  '/throw': { headers: thrown },
  '/reject': { headers: async () => thrown() },
  '/never': {},
  '/later': { headers: async (handler) => (await turn(), text(handler)) },
  '/data-throws': { data: thrown },
  '/data-stalls': { data: () => never },
  '/data-rejects': { headers: text, data: async () => (await turn(), thrown()) },
  '/data-slow': { data: () => turn(), done: text },
  '/data-detached': { data: (_, chunk) => detach(chunk.slice()), done: text },
  '/done-throws': { done: thrown },
  '/close-throws': { headers: text, close: thrown },
  '/close-rejects': { headers: text, close: async () => thrown() },
  '/twice': { headers: (handler) => (text(handler), text(handler)) },
  '/long': { headers: (handler) => handler.sendResponse({ body: bytes(200_000) }) },
  '/deferred': {
    headers: (handler) => {
      let count = 0
      handler.sendResponse({
        body: () => (count++ % 2 === 0 ? [bytes(3000), DATA_OK] : [null, DATA_DEFERRED]),
      })
    },
    data: (handler) => handler.resume(),
  },
  '/rejects-in-the-body': {
    headers: (handler) =>
      handler.sendResponse({
        body: async (size) => (await turn(), size > 1 ? thrown() : [null, DATA_EOF]),
      }),
  },
  '/detached': {
    headers: (handler) => {
      const body = bytes(50_000)
      handler.sendResponse({ body })
      detach(body)
    },
  },
  '/push': {
    headers: (handler) => {
      handler.sendInformational({ status: 103, headers: [['link', '</a>']] })
      handler.push({ path: '/pushed', body: bytes(20_000) })
      text(handler)
    },
  },
  '/close': { headers: (handler) => (handler.session?.close(), text(handler)) },
  '/websocket': {
    headers: (handler) => {
      const socket = handler.acceptWebSocket()
      socket.addEventListener('message', ({ data }) => socket.send(data as string))
    },
  },
  '/tunnel': {
    headers: (handler) => {
      const tunnel = handler.acceptConnect()
      tunnel.read({
        onData: (chunk) => tunnel.write(chunk.slice()),
        onEnd: () => tunnel.end(),
        onDrain() {},
        onClose() {},
      })
    },
  },
  '/tunnel-throws': {
    headers: (handler) =>
      handler
        .acceptConnect()
        .read({ onData: thrown, onEnd: thrown, onDrain() {}, onClose: thrown }),
  },
}

export const handlerPaths: readonly string[] = Object.keys(behaviours)

/** Does what the path says; `/honest` answers with the length of the body. */
export class BehavingHandler extends BaseRequestHandler {
  #received = 0

  get #behaviour(): Behaviour | undefined {
    return behaviours[this.method === 'CONNECT' && this.path === '' ? '/tunnel' : this.path]
  }

  override onHeaders(): void | Promise<void> {
    return this.#behaviour?.headers?.(this)
  }

  override onData(chunk: Uint8Array): void | Promise<void> {
    this.#received += chunk.length
    return this.#behaviour?.data?.(this, chunk)
  }

  override onRequestDone(): void | Promise<void> {
    if (this.path === '/honest') this.sendResponse({ body: `honest ${this.#received}` })
    return this.#behaviour?.done?.(this)
  }

  override onClose(): void | Promise<void> {
    return this.#behaviour?.close?.(this)
  }
}
