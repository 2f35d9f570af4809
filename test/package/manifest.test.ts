import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { publint } from 'publint'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bin, root, run } from '../support/processes.ts'
import { type InstalledPackage, installPackage } from '../support/installed.ts'

let installed: InstalledPackage
beforeAll(async () => {
  installed = await installPackage()
}, 300_000)
afterAll(() => installed?.remove())

async function manifest(): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Record<string, unknown>
}

describe('the tarball', () => {
  it('holds the built files, the licences and nothing of the checkout besides', () => {
    expect(installed.files).toEqual(
      expect.arrayContaining([
        'LICENSE',
        'LICENSE.llhttp',
        'LICENSE.nghttp2',
        'README.md',
        'dist/embedded.js',
        'dist/engine.d.ts',
        'dist/engine.js',
        'dist/globals.d.ts',
        'dist/globals.js',
        'dist/hpack.d.ts',
        'dist/hpack.js',
        'dist/index.d.ts',
        'dist/index.js',
        'dist/memory.d.ts',
        'dist/memory.js',
        'dist/nghttp2.wasm',
        'package.json',
      ]),
    )
    const besides = installed.files.filter(
      (file) =>
        !/^(package\.json|README\.md|LICENSE(\.(nghttp2|llhttp))?)$/.test(file) &&
        !/^dist\/[^/]+\.js(\.map)?$/.test(file) &&
        !/^dist\/(types\/)?.+\.d\.ts$/.test(file) &&
        file !== 'dist/nghttp2.wasm',
    )
    expect(besides).toEqual([])
  })

  it.each([
    ['LICENSE.nghttp2', /Tatsuhiro Tsujikawa[^]*nghttp2 contributors/],
    ['LICENSE.llhttp', /Copyright Fedor Indutny, 2018/],
  ])('%s names the holders of the copyright and has the licence', async (file, holders) => {
    const path = join(installed.folder, 'node_modules/nghttp2-wasm', file)
    const text = await readFile(path, 'utf8')
    expect(text).toMatch(holders)
    expect(text).toMatch(/Permission is hereby granted[^]*"AS IS"/)
  })

  it('has no dependency', async () => {
    const fields = Object.keys(await manifest())
    const ofDependencies = fields.filter((field) => /dependencies$/i.test(field))
    expect(ofDependencies).toEqual(['devDependencies'])
  })

  it('says where the project lives', async () => {
    const home = 'https://github.com/nghttp2-wasm/nghttp2-wasm'
    expect(await manifest()).toMatchObject({
      homepage: `${home}#readme`,
      bugs: { url: `${home}/issues` },
      repository: { type: 'git', url: `git+${home}.git` },
    })
  })

  it('lists types first wherever there are types', async () => {
    const { exports } = await manifest()
    const conditional = Object.values(exports as Record<string, unknown>).filter(
      (target) => typeof target === 'object',
    )
    expect(conditional.length).toBeGreaterThan(2)
    for (const target of conditional) {
      expect(Object.keys(target as object)[0]).toBe('types')
    }
  })

  it('says which files have side effects', async () => {
    const { sideEffects } = await manifest()
    expect(sideEffects).toEqual(['./dist/cli.js', './dist/globals.js'])
    for (const file of sideEffects as string[]) expect(installed.files).toContain(file.slice(2))
  })

  it('has each runtime in a file of its own, which no bundle for a browser takes', async () => {
    const runtimes = installed.files.filter((file) => /^dist\/runtime-.*\.js$/.test(file))
    expect(runtimes.length).toBeGreaterThan(4)
    const { browser } = await manifest()
    expect(Object.keys(browser as object).map((file) => file.slice(2))).toEqual(
      expect.arrayContaining(runtimes),
    )
  })

  it('has one class of errors, whichever file makes one', async () => {
    const runtimes = installed.files.filter((file) => /^dist\/runtime-.*\.js$/.test(file))
    for (const file of runtimes) {
      const text = await readFile(join(installed.folder, 'node_modules/nghttp2-wasm', file), 'utf8')
      expect(text, file).not.toContain('extends Error')
    }
  })

  it("loads nothing of Node's to listen on Deno, which takes 10 ms", async () => {
    const folder = join(installed.folder, 'node_modules/nghttp2-wasm/dist')
    for (const file of ['index.js', 'runtime-deno.js']) {
      const text = await readFile(join(folder, file), 'utf8')
      expect(text.length).toBeGreaterThan(1000)
      expect(text).not.toMatch(/["']node:/)
    }
  })

  it('satisfies publint', async () => {
    const { messages } = await publint({ pkgDir: root, strict: true })
    // It would have the runtimes found by names in `imports`; Deno finds those only inside a package that it knows of, not
    // when a program elsewhere imports dist/index.js. Bundlers for browsers know the older field as well.
    const others = messages.filter(({ code }) => code !== 'USE_EXPORTS_OR_IMPORTS_BROWSER')
    expect(others).toEqual([])
  })

  it('satisfies attw as a package of ES modules', async () => {
    const style = ['--no-color', '--format', 'ascii']
    // A wasm file has no types.
    const scope = ['--profile', 'esm-only', '--exclude-entrypoints', './nghttp2.wasm']
    const args = [...style, ...scope, '--no-definitely-typed', installed.tarball]
    const { code, stdout, stderr } = await run(bin('attw'), args)
    expect(stderr).toBe('')
    expect(code, stdout).toBe(0)
    expect(stdout.match(/node16 \(from ESM\): 🟢 \(ESM\)/g)).toHaveLength(5)
  })
})
