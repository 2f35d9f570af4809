import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bin, run } from '../support/processes.ts'
import { type InstalledPackage, installPackage } from './installed.ts'

let installed: InstalledPackage
beforeAll(async () => {
  installed = await installPackage()
}, 300_000)
afterAll(() => installed?.remove())

const consumer = `
import { BaseRequestHandler, HTTP2Server } from 'nghttp2-wasm'
import { Session } from 'nghttp2-wasm/engine'
import { HDDeflater } from 'nghttp2-wasm/hpack'

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
`

const base = { strict: true, noEmit: true, skipLibCheck: false, types: [] }
const settings: Record<string, object> = {
  nodenext: { ...base, module: 'nodenext' },
  'a bundler': { ...base, module: 'esnext', moduleResolution: 'bundler' },
  'an older library': { ...base, module: 'nodenext', target: 'es2022', lib: ['es2022', 'dom'] },
}

describe('the declarations', () => {
  it.each(Object.keys(settings))('need no other types, with the settings for %s', async (name) => {
    await installed.write('main.mts', consumer)
    const path = await installed.write(
      'tsconfig.json',
      JSON.stringify({ compilerOptions: settings[name], files: ['main.mts'] }),
    )
    const { code, stdout } = await run(bin('tsc'), ['-p', path])
    expect(stdout).toBe('')
    expect(code).toBe(0)
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
