// Sizes of the package: the module, and dist/index.js with everything it imports.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import * as esbuild from 'esbuild'
import { root } from '../lib/paths.mjs'
import { sizes as targets } from '../targets.mjs'

export const names = ['sizes']

export async function run({ report, progress }) {
  progress('sizes')
  const wasm = readFileSync(join(root, 'dist/nghttp2.wasm'))
  const all = asShipped('dist/index.js')
  const minified = await minify()
  const things = { 'nghttp2.wasm': wasm, 'index.js with wasm': all, 'the same, minified': minified }
  const data = Object.entries(things).map(([name, bytes]) => ({
    name,
    bytes: bytes.length,
    gzipped: gzipSync(bytes, { level: 9 }).length,
  }))
  report.table(
    'sizes',
    ['what', 'bytes', 'gzipped'],
    data.map(({ name, bytes, gzipped }) => [name, bytes, gzipped]),
    'The wasm is in index.js as text, a character a byte; the code for all three runtimes is in it too.',
  )
  report.data('sizes', data)
  judge(report, 'nghttp2.wasm', data[0].gzipped, targets.wasm)
  judge(report, 'dist/index.js with wasm', data[1].gzipped, targets.all)
}

/** A file and whatever it imports, on demand too. */
function asShipped(entry) {
  const files = new Set([entry])
  let text = ''
  for (const file of files) {
    const source = readFileSync(join(root, file), 'utf8')
    text += source
    for (const [, name] of source.matchAll(/\b(?:from|import) ?\(?"\.\/([\w.-]+)"/g))
      files.add(`dist/${name}`)
  }
  return Buffer.from(text)
}

/** One file of it all, as an application's bundler leaves it. */
async function minify() {
  const { outputFiles } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: ['dist/index.js'],
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    platform: 'neutral',
    external: ['node:*'],
    charset: 'utf8',
    logLevel: 'error',
  })
  return outputFiles[0].contents
}

function judge(report, what, gzipped, most) {
  report.verdict({
    what: `size of ${what}`,
    runtime: 'all',
    target: `≤ ${most / 1000} kB gzipped`,
    measured: `${(gzipped / 1000).toFixed(1)} kB`,
    isMet: gzipped <= most,
  })
}
