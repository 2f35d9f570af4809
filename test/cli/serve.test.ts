import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Client } from '../support/server-client.ts'
import { makeCertificate } from '../support/certificate.ts'
import { buildPackage } from '../support/examples.ts'
import {
  type Exit,
  type Program,
  root,
  run,
  runtimeCommand,
  type RuntimeName,
  runtimeNames,
  start,
  withListeningSocket,
} from '../support/processes.ts'

/** In the checkout, so that its packages are found. */
let folder = ''

const modules: Readonly<Record<string, string>> = {
  'function.ts': `export default (request: Request): Response => new Response('function ' + request.method)`,
  'object.ts': `
    interface Unused { a: number }
    export default { greeting: 'object', fetch(): Response { return new Response(this.greeting) } }`,
  'named.mjs': `export function fetch() { return new Response('named') }`,
  'promise.mjs': `export default Promise.resolve({ fetch: () => new Response('promise') })`,
  'common.cjs': `module.exports = { fetch: () => new Response('common') }`,
  'importing.ts': `
    import { text } from './imported.ts'
    export default (): Response => new Response(text)`,
  'imported.ts': `export const text: string = 'imported'`,
  'handler.ts': `
    import { BaseRequestHandler } from 'nghttp2-wasm'
    export default class extends BaseRequestHandler {
      override onHeaders(): void { this.sendResponse({ body: 'handler ' + this.path }) }
    }`,
  'slow.mjs': `
    export default async () => {
      await new Promise((resolve) => setTimeout(resolve, 700))
      return new Response('slow')
    }`,
  // As frameworks do: of a Blob only the replaced Response knows the length.
  'early.mjs': `
    const Taken = Response
    export default () => new Taken(new Blob(['x'.repeat(300_000)]))`,
  'nothing.mjs': `export const a = 1`,
  'number.mjs': `export default 42`,
  'throws.mjs': `\n\nthrow new TypeError('thrown at once')`,
  'coded.mjs': `\nthrow Object.assign(new Error('of its own'), { code: 'ERR_OWN' })`,
  'throws.ts': `\ninterface Unused { a: number }\n\nthrow new TypeError('thrown at once')`,
  'rejects.mjs': `\nexport default Promise.reject(new Error('rejected at once'))`,
  'text.mjs': `throw 'a text'`,
  'syntax.mjs': `const a = 1\nexport defautl a\n`,
  'syntax.ts': `const a: number = 1\nexport defautl a\n`,
  'of-syntax.mjs': `import './syntax.mjs'`,
  'no-export.mjs': `\nimport { absent } from './nothing.mjs'\nexport default absent`,
  'ours.mjs': `\nimport { serve } from 'nghttp2-wasm'\nconst server = serve({ fetch: 5 })\nexport default server`,
  'missing.mjs': `import 'no-such-package-anywhere'`,
}

beforeAll(async () => {
  await buildPackage()
  folder = await mkdtemp(join(root, 'build', 'cli-'))
  for (const [name, text] of Object.entries(modules)) await writeFile(join(folder, name), text)
  const { cert, key } = await makeCertificate()
  await writeFile(join(folder, 'cert.pem'), cert)
  await writeFile(join(folder, 'key.pem'), key)
})

afterAll(() => rm(folder, { recursive: true, force: true }))

const program = `${root}dist/cli.js`

function command(runtime: RuntimeName, args: readonly string[]): Promise<Program> {
  const { command: name, args: all } = runtimeCommand(runtime, program, args)
  return start(name, all)
}

/** A module that is served, and its URL. */
async function serving(
  runtime: RuntimeName,
  name: string,
  args: readonly string[] = [],
): Promise<{ server: Program; url: string }> {
  const server = await command(runtime, ['serve', join(folder, name), '--port', '0', ...args])
  const [, url] = await server.waitFor(/^Listening on (\S+) \(\w+\)$/m)
  return { server, url: url! }
}

async function get(url: string, options: { readonly ca?: string } = {}): Promise<string> {
  await using client = await Client.connect(url, options)
  return (await client.get('/path')).text
}

describe.each(runtimeNames)('nghttp2-wasm serve: %s', (runtime) => {
  const ended = async (args: readonly string[]): Promise<Exit> => {
    const { command: name, args: all } = runtimeCommand(runtime, program, args)
    return run(name, all, { timeout: 20_000 })
  }

  it.each([
    ['function.ts', 'function GET'],
    ['object.ts', 'object'],
    ['named.mjs', 'named'],
    ['promise.mjs', 'promise'],
    ['common.cjs', 'common'],
    ['importing.ts', 'imported'],
    ['handler.ts', 'handler /path'],
  ])('serves %s', async (name, text) => {
    const { server, url } = await serving(runtime, name)
    await using _ = server
    expect(await get(url)).toBe(text)
    expect(server.stdout()).toContain(`(${runtime})`)
  })

  it('replaces the global objects before it loads the module', async () => {
    const { server, url } = await serving(runtime, 'early.mjs')
    await using _ = server
    await using client = await Client.connect(url, {})
    expect((await client.get('/')).headers['content-length']).toBe('300000')
  })

  it('serves over TLS, on a host, with a log', async () => {
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
    const args = ['--cert', cert, '--key', key, '--host', '127.0.0.1', '--log', '--reuse-port']
    const { server, url } = await serving(runtime, 'function.ts', args)
    await using _ = server
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/$/)
    expect(await get(url, { ca: await readFile(cert, 'utf8') })).toBe('function GET')
    await server.waitFor(/^127\.0\.0\.1 GET \/path 200$/m)
  })

  it('ends in order at SIGTERM, open streams first', async () => {
    const { server, url } = await serving(runtime, 'slow.mjs')
    await using _ = server
    await using client = await Client.connect(url, {})
    const slow = client.get('/')
    await new Promise((resolve) => setTimeout(resolve, 100))
    server.kill('SIGTERM')
    expect((await slow).text).toBe('slow')
    expect(await server.exited).toMatchObject({ code: 0, signal: null })
  })

  it('--graceful 0: ends at once', async () => {
    const { server, url } = await serving(runtime, 'slow.mjs', ['--graceful', '0'])
    await using _ = server
    await using client = await Client.connect(url, {})
    const slow = client.get('/')
    await new Promise((resolve) => setTimeout(resolve, 100))
    server.kill('SIGTERM')
    expect((await slow).status).toBe(0)
    expect((await server.exited).code).toBe(0)
  })

  it.each([
    ['absent.mjs', /there is no file .*absent\.mjs/],
    ['nothing.mjs', /exports nothing to serve: export by default a function/],
    ['number.mjs', /exports by default a function, \{ fetch \}, or a class/],
    ['throws.mjs', /TypeError: thrown at once[^]*\/throws\.mjs:3:\d/],
    ['throws.ts', /TypeError: thrown at once[^]*\/throws\.ts:4:\d/],
    ['coded.mjs', /[Ee]rror: of its own[^]*\/coded\.mjs:2:\d/],
    ['rejects.mjs', /[Ee]rror: rejected at once[^]*\/rejects\.mjs:2:\d/],
    ['text.mjs', /text\.mjs cannot be loaded: a text/],
    ['syntax.mjs', /\/syntax\.mjs:2\b/],
    ['syntax.ts', /\/syntax\.ts:2\b/],
    ['of-syntax.mjs', /of-syntax\.mjs cannot be loaded[^]*\/syntax\.mjs:2\b/],
    ['no-export.mjs', /\/nothing\.mjs|\.\/nothing\.mjs' does not provide/],
    // Bun 1.4 has no frame for the module that called.
    ['ours.mjs', /HTTPError: fetch must be a function[^]*(?:\/ours\.mjs:3:\d|Bun v1)/],
    ['missing.mjs', /missing\.mjs cannot be loaded[^]*no-such-package-anywhere[^]*\/missing\.mjs/],
  ])('prints the error and its place: %s', async (name, message) => {
    const { code, stdout, stderr } = await ended(['serve', join(folder, name), '--port', '0'])
    expect(stderr).toMatch(message)
    // Not a file of ours from its first byte to its last.
    expect(Math.max(...stderr.split('\n').map((line) => line.length))).toBeLessThan(500)
    expect(stdout).not.toContain('Listening')
    expect(code).toBe(1)
  })

  it('says that the port is taken', async () => {
    const { server, url } = await serving(runtime, 'function.ts')
    await using _ = server
    const { port } = new URL(url)
    const { code, stderr } = await ended(['serve', join(folder, 'named.mjs'), '--port', port])
    expect(stderr).toMatch(/nghttp2-wasm: .*(EADDRINUSE|in use)/)
    expect(code).toBe(1)
  })

  it.each([
    [[], /say what to do/],
    [['serve'], /say which module/],
    [['start', 'x.ts'], /there is no command start/],
    [['serve', 'a.ts', 'b.ts'], /one module/],
    [['serve', 'a.ts', '--port', '70000'], /--port 70000: it is a number from 0 to 65535/],
    [['serve', 'a.ts', '--port', 'x'], /--port x/],
    [['serve', 'a.ts', '--fd', '-1'], /--fd/],
    [['serve', 'a.ts', '--fd', 'x'], /--fd x: it is a number/],
    [['serve', 'a.ts', '--cert', 'x'], /--cert and --key belong together/],
    [['serve', 'a.ts', '--runtime', 'perl'], /--runtime perl: it is node, deno or bun/],
    [['serve', 'a.ts', '--colour'], /--colour/],
  ])('refuses the arguments %s', async (args, message) => {
    const { code, stderr } = await ended(args)
    expect(stderr).toMatch(message)
    expect(stderr).toContain('--help')
    expect(code).toBe(2)
  })

  it('--help and --version', async () => {
    const help = await ended(['--help'])
    expect(help.stdout).toContain('Usage: nghttp2-wasm serve <module>')
    expect(help.code).toBe(0)
    expect((await ended(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+/)
  })

  it.each(runtimeNames)('--fd 3, also with --runtime %s', async (other) => {
    const args = ['serve', join(folder, 'function.ts'), '--fd', '3', '--runtime', other]
    const { command: name, args: all } = runtimeCommand(runtime, program, args)
    await using server = await start(...withListeningSocket(name, all))
    const [, url] = await server.waitFor(/^Listening on (\S+) \(\w+\)$/m)
    expect(await get(url!)).toBe('function GET')
    expect(server.stdout()).toContain(`(${other})`)
    server.kill('SIGTERM')
    expect(await server.exited).toMatchObject({ code: 0, signal: null })
  })

  it.each(runtimeNames)('--runtime %s', async (other) => {
    const { server, url } = await serving(runtime, 'function.ts', ['--runtime', other])
    await using _ = server
    expect(await get(url)).toBe('function GET')
    expect(server.stdout()).toContain(`(${other})`)
    server.kill('SIGTERM')
    expect(await server.exited).toMatchObject({ code: 0, signal: null })
  })
})
