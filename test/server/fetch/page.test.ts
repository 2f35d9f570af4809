// The global objects in a page, whose APIs take only the browser's responses.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { build } from 'esbuild'
import { expect, it, onTestFinished } from 'vitest'
import { root } from '../../support/processes.ts'
import { findChromium, launch } from '../../support/websocket/browser.ts'

const executable = findChromium()

async function programOfPage(): Promise<string> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: ['test/server/fetch/fixture/page.ts'],
    bundle: true,
    write: false,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
    alias: {
      'nghttp2-wasm': './src/index.ts',
      'nghttp2-wasm/engine': './src/engine/index.ts',
      'nghttp2-wasm/memory': './src/runtime/memory/runtime.ts',
    },
    external: ['node:*'],
    logLevel: 'warning',
  })
  return outputFiles[0]!.text
}

it.skipIf(executable === undefined)(
  "a page's own APIs take what replaces its globals",
  async () => {
    const program = await programOfPage()
    const server = createServer((request, response) => {
      const isProgram = request.url === '/page.js'
      response.setHeader('content-type', isProgram ? 'text/javascript' : 'text/html')
      response.end(isProgram ? program : '<!doctype html><script src="/page.js"></script>')
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    await using browser = await launch(executable!)
    const page = await browser.context.newPage()
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    const facts = await page.evaluate(() => (globalThis as unknown as { facts: unknown }).facts)
    expect(facts).toEqual({
      told: [200, 'POST /page a body', '17'],
      isReplaced: true,
      cached: ['cached', '1', true],
      compiled: true,
      native: 'native',
    })
  },
)
