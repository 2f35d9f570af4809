import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bin, root, run } from '../support/processes.ts'
import { type InstalledPackage, installPackage } from '../support/installed.ts'

let installed: InstalledPackage
beforeAll(async () => {
  installed = await installPackage()
}, 300_000)
afterAll(() => installed?.remove())

const consumer = `
import {
  type Acceptor,
  BaseRequestHandler,
  HTTP2Server,
  type Listening,
  type ListenOptions,
  type Runtime,
  type Transport,
  type TransportSink,
} from 'nghttp2-wasm'
import { IgnoringSink, Session } from 'nghttp2-wasm/engine'
import { HDDeflater } from 'nghttp2-wasm/hpack'
import 'nghttp2-wasm/globals'
import { MemoryRuntime } from 'nghttp2-wasm/memory'

export class Handler extends BaseRequestHandler {
  override onHeaders(): void {
    const path: string = this.path
    this.sendResponse({ status: 200, headers: [['content-type', 'text/plain']], body: path })
  }
}
export const server: HTTP2Server = new HTTP2Server({ host: '127.0.0.1', port: 0 }, Handler, {
  tls: null,
})
export const closed: Promise<void> = server.close({ graceful: true })
export const bytes: Uint8Array = Session.server().bytesToSend()
export const block: Uint8Array = new HDDeflater().deflate([[':method', 'GET']])

/** Bytes that are counted on their way. */
class CountingTransport implements Transport {
  readonly remoteAddress = { host: 'here', port: 1 }
  readonly localAddress = { host: 'here', port: 2 }
  readonly tls = null
  bytes = 0
  write(bytes: Uint8Array): boolean {
    this.bytes += bytes.length
    return true
  }
  writev(chunks: readonly Uint8Array[]): boolean {
    return chunks.every((chunk) => this.write(chunk))
  }
  pause(): void {}
  resume(): void {}
  end(): void {}
  destroy(): void {}
}
export class OwnRuntime implements Runtime {
  readonly name = 'own'
  async listen(options: ListenOptions, acceptor: Acceptor): Promise<Listening> {
    const sink: TransportSink = acceptor.onConnection(new CountingTransport())
    sink.onData(new Uint8Array(options.port))
    return { address: { host: '', port: 1 }, reusesReadBuffer: false, close: async () => {} }
  }
}
export class OwnSink extends IgnoringSink {
  override data(streamId: number, chunk: Uint8Array): void {
    Session.server().feed(chunk.subarray(streamId), this)
  }
}
export const runtimes: Runtime[] = [new OwnRuntime(), new MemoryRuntime()]
`

/** Declarations that use types of the web. */
const consumerOfTheWeb = `${consumer}
import { FastResponse, serve, type ServeOptions, type ServerWebSocket, upgradeWebSocket } from 'nghttp2-wasm'
import { compileModule, Engine } from 'nghttp2-wasm/engine'

const options: ServeOptions = {
  port: 0,
  fetch(request, info) {
    info.setTrailers({ a: 'b' })
    if (request.url === '') return new FastResponse('text', { status: 200 })
    const { socket, response }: { socket: ServerWebSocket; response: FastResponse | Response } =
      upgradeWebSocket(request)
    socket.addEventListener('message', ({ data }) => socket.send(String(data)))
    return response
  },
}
export const other = serve(options)
export const module = await compileModule(new Uint8Array(8))
export const engine = new Engine({ module })
`

const base = { strict: true, noEmit: true, skipLibCheck: false, types: [] }
const node = { types: ['node'], typeRoots: [`${root}node_modules/@types`] }
const settings: Record<string, object> = {
  nodenext: { ...base, module: 'nodenext' },
  'a bundler': { ...base, module: 'esnext', moduleResolution: 'bundler' },
  'no DOM': { ...base, module: 'nodenext', lib: ['es2023'] },
  'no DOM, and the types of Node': { ...base, ...node, module: 'nodenext', lib: ['es2023'] },
  'the DOM, and the types of Node': { ...base, ...node, module: 'nodenext' },
  'an older library': { ...base, module: 'nodenext', target: 'es2022', lib: ['es2022', 'dom'] },
}

describe('the declarations', () => {
  it.each(Object.keys(settings))('need no other types, with the settings for %s', async (name) => {
    await installed.write('main.mts', name === 'no DOM' ? consumer : consumerOfTheWeb)
    const path = await installed.write(
      'tsconfig.json',
      JSON.stringify({ compilerOptions: settings[name], files: ['main.mts'] }),
    )
    const { code, stdout } = await run(bin('tsc'), ['-p', path])
    expect(stdout).toBe('')
    expect(code).toBe(0)
  })

  it('know the types of the web where the program does', async () => {
    const mistakes = `
export const text: string = engine.exports
export const wrong: ServeOptions = { fetch: (request) => request.nothing }`
    await installed.write('main.mts', `${consumerOfTheWeb}${mistakes}`)
    const path = await installed.write(
      'tsconfig.json',
      JSON.stringify({ compilerOptions: settings['nodenext'], files: ['main.mts'] }),
    )
    const { stdout } = await run(bin('tsc'), ['-p', path])
    expect(stdout).toContain("Property 'nothing' does not exist on type 'ServerRequest'")
  })

  it('are checked: a mistake in the program is an error', async () => {
    await installed.write('main.mts', `${consumer}\nexport const port: string = Session.server()`)
    const path = await installed.write(
      'tsconfig.json',
      JSON.stringify({ compilerOptions: settings['nodenext'], files: ['main.mts'] }),
    )
    const { code, stdout } = await run(bin('tsc'), ['-p', path])
    expect(stdout).toContain("Type 'Session' is not assignable to type 'string'")
    expect(code).not.toBe(0)
  })
})
