import { readFile } from 'node:fs/promises'
import { runInNewContext } from 'node:vm'
import { build, type Metafile } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run, startOn } from '../support/processes.ts'
import { type InstalledPackage, installPackage } from '../support/installed.ts'

let installed: InstalledPackage
beforeAll(async () => {
  installed = await installPackage()
}, 300_000)
afterAll(() => installed?.remove())

/** Bundles a user's module as for a browser; esbuild fails when something of Node is imported. */
async function bundle(
  source: string,
  format: 'esm' | 'iife' = 'esm',
): Promise<{ metafile: Metafile; text: string }> {
  const { metafile, outputFiles } = await build({
    absWorkingDir: installed.folder,
    stdin: { contents: source, resolveDir: installed.folder },
    platform: 'browser',
    format,
    bundle: true,
    metafile: true,
    write: false,
    logLevel: 'silent',
  })
  return { metafile, text: outputFiles.map((file) => file.text).join('') }
}

/** Bytes of JavaScript in the bundle, without the wasm, which is there in any case. */
function bytesOfCode({ metafile }: { metafile: Metafile }): number {
  const [output] = Object.values(metafile.outputs)
  return Object.entries(output?.inputs ?? {})
    .filter(([path]) => !path.endsWith('/embedded.js'))
    .reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0)
}

const timers = { clearInterval, clearTimeout, queueMicrotask, setInterval, setTimeout }
const coding = { TextDecoder, TextEncoder, URL, atob, crypto }
const fetching = { AbortController, Headers, ReadableStream, Request, Response }
const events = { Blob, Event, EventTarget, MessageEvent, WritableStream }
const web = { ...timers, ...coding, ...fetching, ...events, console, performance }

/** What the program passes to `report`. It sees no global of Node, and none but these of the web. */
async function runAsOnTheWeb(program: string): Promise<unknown> {
  const { text } = await bundle(program, 'iife')
  return new Promise((resolve, reject) => {
    try {
      runInNewContext(text, { ...web, report: resolve })
    } catch (error) {
      reject(error)
    }
  })
}

describe('a bundle for a browser', () => {
  it.each([
    'nghttp2-wasm',
    'nghttp2-wasm/engine',
    'nghttp2-wasm/globals',
    'nghttp2-wasm/hpack',
    'nghttp2-wasm/memory',
  ])('of %s has nothing of Node', async (name) => {
    const { metafile, text } = await bundle(`export * from '${name}'`)
    const imports = Object.values(metafile.outputs).flatMap((output) => output.imports)
    expect(imports).toEqual([])
    expect(text).not.toMatch(/\b(from|import|require)\b ?\(?["']node:/)
  })

  it('of the engine runs with the globals of the web alone', async () => {
    const result = await runAsOnTheWeb(`
      import { Session } from 'nghttp2-wasm/engine'
      report(Session.client().bytesToSend().length > 24)`)
    expect(result).toBe(true)
  })

  // As at Cloudflare and other edges: a module is compiled when a program is deployed, and there may be no registry.
  it('of the engine runs where a module is given, and nothing can be compiled or watched', async () => {
    const bytes = await readFile(`${installed.folder}/node_modules/nghttp2-wasm/dist/nghttp2.wasm`)
    const compiled = await WebAssembly.compile(bytes)
    const { text } = await bundle(
      `
      import { Engine, Session } from 'nghttp2-wasm/engine'
      import { HDDeflater } from 'nghttp2-wasm/hpack'
      const engine = new Engine({ module: compiled })
      const block = new HDDeflater(4096, engine).deflate([[':method', 'GET']])
      report([Session.client({ engine }).bytesToSend().length > 24, block.length])`,
      'iife',
    )
    const forbidden = `
      delete globalThis.FinalizationRegistry
      const { Instance, Memory, Module } = edge
      const refuse = () => { throw new Error('no code generation') }
      globalThis.WebAssembly = { Instance, Memory, Module: new Proxy(Module, { construct: refuse }) };`
    const result = await new Promise((resolve, reject) => {
      try {
        runInNewContext(`${forbidden}\n${text}`, {
          ...web,
          edge: WebAssembly,
          compiled,
          report: resolve,
        })
      } catch (error) {
        reject(error)
      }
    })
    expect(result).toEqual([true, 1])
  })

  it('of the server answers a client in the same page', async () => {
    const result = await runAsOnTheWeb(`
      import { BaseRequestHandler, HTTP2Server } from 'nghttp2-wasm'
      import { Session } from 'nghttp2-wasm/engine'
      import { MemoryRuntime } from 'nghttp2-wasm/memory'

      class Handler extends BaseRequestHandler {
        onHeaders() { this.sendResponse({ status: 200, headers: [], body: 'at ' + this.path }) }
      }
      const runtime = new MemoryRuntime()
      const server = new HTTP2Server({ host: null, port: 0 }, Handler, {
        tls: null, runtime, onError: report,
      })
      server.listen().then(() => {
        const client = Session.client()
        client.submitRequest([
          [':method', 'GET'], [':scheme', 'http'], [':authority', 'memory'], [':path', '/here'],
        ])
        let body = ''
        const transport = runtime.connect((transport) => ({
          onData(chunk) {
            for (const event of client.receive(chunk)) {
              if (event.type === 'DataReceived') body += new TextDecoder().decode(event.data)
              if (event.type === 'StreamEnded') report(body)
            }
            transport.write(client.bytesToSend())
          },
          onDrain() {}, onEnd() {}, onClose: report,
        }))
        transport.write(client.bytesToSend())
      }).catch(report)`)
    expect(result).toBe('at /here')
  })

  it('replaces no global, but for nghttp2-wasm/globals', async () => {
    const isReplaced = async (name: string): Promise<unknown> =>
      runAsOnTheWeb(`
        const before = Response
        import('${name}').then(() => report(Response !== before))`)
    expect(await isReplaced('nghttp2-wasm')).toBe(false)
    expect(await isReplaced('nghttp2-wasm/globals')).toBe(true)
  })

  it('takes only what is used', async () => {
    const all = `export * from 'nghttp2-wasm'; export * from 'nghttp2-wasm/engine'`
    const everything = bytesOfCode(await bundle(all))
    const one = bytesOfCode(await bundle(`export { HDDeflater } from 'nghttp2-wasm/hpack'`))
    const nothing = bytesOfCode(await bundle(`import 'nghttp2-wasm'`))
    const effect = bytesOfCode(await bundle(`import 'nghttp2-wasm/globals'`))
    expect(one).toBeGreaterThan(0)
    expect(one).toBeLessThan(everything / 3)
    expect(nothing).toBe(0)
    expect(effect).toBeGreaterThan(0)
    expect(effect).toBeLessThan(everything / 3)
  })
})

describe('a bundle for Node', () => {
  it('still finds its runtime', async () => {
    await installed.write(
      'main.mjs',
      `import { BaseRequestHandler, HTTP2Server } from 'nghttp2-wasm'
       class Handler extends BaseRequestHandler {
         onHeaders() { this.sendResponse({ status: 204, headers: [], body: null }) }
       }
       const server = new HTTP2Server({ host: '127.0.0.1', port: 0 }, Handler, { tls: null })
       console.log('port ' + (await server.listen()).port)`,
    )
    await build({
      absWorkingDir: installed.folder,
      entryPoints: ['main.mjs'],
      outdir: 'out',
      outExtension: { '.js': '.mjs' },
      platform: 'node',
      format: 'esm',
      bundle: true,
      splitting: true,
      logLevel: 'silent',
    })
    await using server = await startOn('node', `${installed.folder}/out/main.mjs`)
    const [, port = ''] = await server.waitFor(/^port (\d+)$/m)
    const url = `http://127.0.0.1:${port}/`
    const args = ['-sS', '--http2-prior-knowledge', '-w', '%{http_code}', url]
    expect(await run('curl', args)).toMatchObject({ code: 0, stdout: '204' })
  })
})
