import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SourceMap } from 'node:module'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root, run, runtimeCommand, runtimeNames } from '../support/processes.ts'
import { type InstalledPackage, installPackage } from '../support/installed.ts'

let installed: InstalledPackage
beforeAll(async () => {
  installed = await installPackage()
}, 300_000)
afterAll(() => installed?.remove())

const source = `import { serve } from 'nghttp2-wasm'
import { Session } from 'nghttp2-wasm/engine'

try {
  Session.server().sendData(1, 5)
} catch (error) {
  console.error(error)
}
function begin() {
  return [serve({ fetch: 5 })]
}
begin()
`

describe.each(runtimeNames)('an error of ours on %s', (runtime) => {
  it('is shown with the lines of the program, and without fields that say nothing', async () => {
    const file = await installed.write('wrong.mjs', source)
    const { command, args } = runtimeCommand(runtime, file)
    const { code, stderr } = await run(command, args, {
      cwd: installed.folder,
      env: { NO_COLOR: '1' },
    })
    expect(code).toBe(1)
    expect(stderr).toMatch(/HTTPError: chunk must be bytes[^]*wrong\.mjs:5:\d/)
    expect(stderr).toMatch(/HTTPError: fetch must be a function[^]*wrong\.mjs:10:\d/)
    expect(stderr).not.toContain('undefined')
    expect(stderr).toContain('ERR_INVALID_ARGUMENT')
    expect(Math.max(...stderr.split('\n').map((line) => line.length))).toBeLessThan(400)
  })
})

describe('the source maps', () => {
  // Bun 1.4 reads none.
  it.each(['node', 'deno'] as const)('lead to the lines of the source on %s', async (runtime) => {
    const file = await installed.write('wrong.mjs', source)
    const { command, args } = runtimeCommand(runtime, file)
    const all = runtime === 'node' ? ['--enable-source-maps', ...args] : args
    const options = { cwd: installed.folder, env: { NO_COLOR: '1' } }
    const { stderr } = await run(command, all, options)
    const places = [
      ...stderr.matchAll(/at (?:_?(\w+)\.)?(\w+) \(nghttp2-wasm:(src\/.*):(\d+):\d+\)/g),
    ]
    expect(places.map(([, , name, path]) => `${name} ${path}`)).toEqual([
      'invalidArgument src/common/arguments.ts',
      'checkBytes src/common/arguments.ts',
      'checkTextOrBytes src/common/arguments.ts',
      'sendData src/engine/http2/session.ts',
      'invalidArgument src/common/arguments.ts',
      'serve src/server/fetch/serve.ts',
    ])
    const [text, line] = [
      await readFile(join(root, 'src/server/fetch/serve.ts'), 'utf8'),
      places.at(-1)![4],
    ]
    expect(text.split('\n')[Number(line) - 1]).toContain("throw invalidArgument('fetch'")
  })

  it('are in step with each line of each file', async () => {
    const names = installed.files.filter((file) => file.endsWith('.js.map'))
    expect(names.length).toBeGreaterThan(10)
    for (const name of names) {
      const folder = join(installed.folder, 'node_modules/nghttp2-wasm')
      const map = new SourceMap(JSON.parse(await readFile(join(folder, name), 'utf8')))
      const lines = (await readFile(join(folder, name.replace(/\.map$/, '')), 'utf8')).split('\n')
      for (const [number, line] of lines.entries()) {
        const [, column, word] = /^(?:throw |return )?()(class|function) \w+/.exec(line) ?? []
        if (column === undefined) continue
        const entry = map.findEntry(number, line.indexOf(word!))
        if (!('originalSource' in entry)) throw new Error(`${name}:${number + 1} leads nowhere`)
        const path = join(root, entry.originalSource.replace(/^nghttp2-wasm:/, ''))
        const original = (await readFile(path, 'utf8')).split('\n')[entry.originalLine]
        expect(original, `${name}:${number + 1}`).toContain(word)
      }
    }
  })
})
