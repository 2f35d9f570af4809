import { readdir } from 'node:fs/promises'
import { connect } from 'node:http2'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run, runtimeNames, startOn } from '../support/processes.ts'
import { type InstalledPackage, installPackage } from '../support/installed.ts'

let installed: InstalledPackage
beforeAll(async () => {
  installed = await installPackage()
}, 300_000)
afterAll(() => installed?.remove())

// JavaScript, because Node 20 reads nothing else.
const serverSource = `
import process from 'node:process'
import { BaseRequestHandler, HTTP2Server } from 'nghttp2-wasm'

class Handler extends BaseRequestHandler {
  onHeaders() {
    this.sendResponse({
      status: 200,
      headers: [['content-type', 'text/plain'], ['x-path', this.path]],
      body: 'nghttp2 FTW\\n',
    })
  }
}
const server = new HTTP2Server({ host: '127.0.0.1', port: 0 }, Handler, { tls: null })
const { port } = await server.listen()
console.log('port ' + port)
process.on('SIGTERM', () => server.close({ graceful: true }))
await server.serveForever()
console.log('closed')
`

interface Answer {
  status: unknown
  path: unknown
  body: string
}

/** One request by the client of Node. */
function get(port: string, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const session = connect(`http://127.0.0.1:${port}`)
    session.once('error', reject)
    const request = session.request({ ':path': path })
    const answer: Answer = { status: 0, path: '', body: '' }
    request.setEncoding('utf8')
    request.once('error', reject)
    request.once('response', (headers) => {
      answer.status = headers[':status']
      answer.path = headers['x-path']
    })
    request.on('data', (text: string) => (answer.body += text))
    request.once('end', () => session.close(() => resolve(answer)))
  })
}

describe('the installed package', () => {
  it('brings no other package along', async () => {
    const names = await readdir(join(installed.folder, 'node_modules'))
    expect(names.filter((name) => !name.startsWith('.'))).toEqual(['nghttp2-wasm'])
  })

  it.each(runtimeNames)('serves on %s, and ends in order', async (runtime) => {
    const file = await installed.write('server.mjs', serverSource)
    await using server = await startOn(runtime, file, [], { cwd: installed.folder })
    const [, port = ''] = await server.waitFor(/^port (\d+)$/m)

    expect(await get(port, '/a?b=c')).toEqual({
      status: 200,
      path: '/a?b=c',
      body: 'nghttp2 FTW\n',
    })
    const url = `http://127.0.0.1:${port}/`
    const args = ['-sS', '--http2-prior-knowledge', '-w', '%{http_version} %{http_code}', url]
    const curl = await run('curl', args)
    expect(curl).toMatchObject({ code: 0, stderr: '', stdout: 'nghttp2 FTW\n2 200' })

    const exit = await server.stop()
    expect(exit).toMatchObject({ code: 0, stderr: '' })
    expect(exit.stdout).toContain('closed')
  })

  it.each(runtimeNames)('works without a socket on %s', async (runtime) => {
    const file = await installed.write(
      'engine.mjs',
      `
import { Session } from 'nghttp2-wasm/engine'
import { HDDeflater, HDInflater } from 'nghttp2-wasm/hpack'
const preface = Session.client().bytesToSend()
console.log(new TextDecoder().decode(preface.slice(0, 14)))
const block = new HDDeflater().deflate([[':method', 'GET'], ['x', 'y']])
console.log(JSON.stringify(new HDInflater().inflate(block)))
`,
    )
    const program = await startOn(runtime, file, [], { cwd: installed.folder })
    const { code, stdout, stderr } = await program.exited
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const [preface, headers = ''] = stdout.trim().split('\n')
    expect(preface).toBe('PRI * HTTP/2.0')
    expect(JSON.parse(headers)).toEqual([
      [':method', 'GET'],
      ['x', 'y'],
    ])
  })

  it.each(runtimeNames)('is there for CommonJS on %s', async (runtime) => {
    const file = await installed.write(
      'common.cjs',
      `
const process = require('node:process')
const [major, minor] = process.versions.node.split('.').map(Number)
const isKnown = major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19)
async function main() {
  const names = ['nghttp2-wasm', 'nghttp2-wasm/engine', 'nghttp2-wasm/hpack', 'nghttp2-wasm/memory']
  for (const name of names) {
    const module = await import(name)
    if (isKnown && Object.keys(require(name)).join() !== Object.keys(module).join()) throw name
    console.log(Object.keys(module).length > 0)
  }
}
main()
`,
    )
    const program = await startOn(runtime, file, [], { cwd: installed.folder })
    const { code, stdout, stderr } = await program.exited
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'true\n'.repeat(4), stderr: '' })
  })

  it('offers the wasm as a file, the same as the one it embeds', async () => {
    const file = await installed.write(
      'wasm.mjs',
      `
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
const bytes = readFileSync(fileURLToPath(import.meta.resolve('nghttp2-wasm/nghttp2.wasm')))
const embedded = new URL('embedded.js', import.meta.resolve('nghttp2-wasm'))
const { wasmText } = await import(embedded.href)
console.log(WebAssembly.validate(bytes), bytes.equals(Buffer.from(wasmText, 'latin1')))
`,
    )
    const program = await startOn('node', file, [], { cwd: installed.folder })
    expect(await program.exited).toMatchObject({ code: 0, stderr: '', stdout: 'true true\n' })
  })
})
